using System.Numerics.Tensors;
using CavMae.Retrieval.Embeddings;

namespace CavMae.Retrieval.Index.Embedded;

/// <summary>
/// A query as the scan wants it. The score of query scene q and stored scene s is the mean of up to four cosines
/// (q.audio·s.visual + q.visual·s.audio + q.audio·s.audio + q.visual·s.visual) / count; grouped by the stored side that is
/// ((q.visual + q.audio)·s.audio + (q.audio + q.visual)·s.visual) / count: two products for a pair of scenes, whatever is asked.
/// </summary>
internal sealed class ScanQuery
{
    private readonly uint tagBits;
    private readonly int[] audioPairs;
    private readonly int[] visualPairs;

    public ScanQuery(IndexQuery query, int dimension, StoredClip? excludedClip)
    {
        Scenes = query.Scenes.Count;
        AgainstAudio = new VectorMatrix(Scenes, dimension, isLongLived: false);
        AgainstVisual = new VectorMatrix(Scenes, dimension, isLongLived: false);
        audioPairs = new int[Scenes];
        visualPairs = new int[Scenes];
        for (var i = 0; i < Scenes; i++)
        {
            SceneEmbedding scene = query.Scenes[i];
            audioPairs[i] = AddIf(query.Pairings, Pairings.AudioToAudio, scene.Audio, AgainstAudio, i)
                + AddIf(query.Pairings, Pairings.VisualToAudio, scene.Visual, AgainstAudio, i);
            visualPairs[i] = AddIf(query.Pairings, Pairings.AudioToVisual, scene.Audio, AgainstVisual, i)
                + AddIf(query.Pairings, Pairings.VisualToVisual, scene.Visual, AgainstVisual, i);
        }
        UsesAudio = audioPairs.AsSpan().ContainsAnyExcept(0);
        UsesVisual = visualPairs.AsSpan().ContainsAnyExcept(0);
        Limit = query.Limit;
        MinScore = query.MinScore ?? -1;
        Grouping = query.Grouping;
        Tags = query.Tags;
        tagBits = TagBits.Of(query.Tags);
        ExcludedClip = excludedClip;
    }

    public int Scenes { get; }

    /// <summary>Row i: the sum of scene i's vectors that are paired with stored sound.</summary>
    public VectorMatrix AgainstAudio { get; }

    /// <summary>Row i: the sum of scene i's vectors that are paired with stored pictures.</summary>
    public VectorMatrix AgainstVisual { get; }

    public bool UsesAudio { get; }
    public bool UsesVisual { get; }
    public int Limit { get; }
    public float MinScore { get; }
    public Grouping Grouping { get; }
    public IReadOnlyList<string> Tags { get; }
    public StoredClip? ExcludedClip { get; }

    /// <summary>False where the tags' bits already say that a clip is not wanted.</summary>
    public bool MayAllow(in SceneSlot scene) => (scene.TagBits & tagBits) == tagBits;

    public bool Allows(StoredClip clip) => clip != ExcludedClip && (Tags.Count == 0 || clip.HasAllTags(Tags));

    /// <summary>Mean cosine of a query scene and a stored scene; NaN where no pairing has both its sides.</summary>
    /// <remarks>Kept within −1..1, which rounding may leave by a few units in the last place.</remarks>
    public float Score(int queryScene, in SceneSlot stored, float audioProduct, float visualProduct)
    {
        var pairs = 0;
        var sum = 0f;
        if (stored.HasAudio && audioPairs[queryScene] > 0)
        {
            sum += audioProduct;
            pairs += audioPairs[queryScene];
        }
        if (stored.HasVisual && visualPairs[queryScene] > 0)
        {
            sum += visualProduct;
            pairs += visualPairs[queryScene];
        }
        return pairs == 0 ? float.NaN : Math.Clamp(sum / pairs, -1, 1);
    }

    private static int AddIf(Pairings asked, Pairings pairing, float[]? vector, VectorMatrix sums, int row)
    {
        if (vector is null || !asked.HasFlag(pairing))
            return 0;
        TensorPrimitives.Add(sums.Row(row), vector, sums.Row(row));
        return 1;
    }
}
