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
    private const byte Unknown = 0;
    private const byte Allowed = 1;
    private const byte Refused = 2;

    private readonly uint tagBits;
    private readonly int[] audioPairs;
    private readonly int[] visualPairs;

    /// <summary>What the filter says of a clip, at the place of its first slot, which no other clip of the same state of the store has; empty without conditions.</summary>
    private readonly byte[] verdicts;

    /// <param name="query">The query, checked.</param>
    /// <param name="dimension">Numbers in a vector.</param>
    /// <param name="excludedClip">A clip that is left out.</param>
    /// <param name="slots">Number of slots that are searched; 0 where it is not known: conditions are then asked more often than once a clip.</param>
    public ScanQuery(IndexQuery query, int dimension, StoredClip? excludedClip, int slots = 0)
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
        Filter = query.Filter;
        tagBits = TagBits.Of(query.Filter.Tags);
        verdicts = query.Filter.Conditions.Count > 0 ? new byte[slots] : [];
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
    public ClipFilter Filter { get; }
    public StoredClip? ExcludedClip { get; }

    /// <summary>False where the tags' bits already say that a clip is not wanted.</summary>
    public bool MayAllow(in SceneSlot scene) => (scene.TagBits & tagBits) == tagBits;

    /// <summary>Thread safe; conditions on metadata are asked once a clip.</summary>
    public bool Allows(StoredClip clip)
    {
        if (clip == ExcludedClip)
            return false;
        if (verdicts.Length == 0)
            return Filter.IsEmpty || clip.Fulfils(Filter);
        // Two threads may both find it not answered yet; they come to the same answer.
        ref var verdict = ref verdicts[clip.Slots[0]];
        if (verdict == Unknown)
            verdict = clip.Fulfils(Filter) ? Allowed : Refused;
        return verdict == Allowed;
    }

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
