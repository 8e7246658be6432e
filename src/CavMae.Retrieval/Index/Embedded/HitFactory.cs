namespace CavMae.Retrieval.Index.Embedded;

/// <summary>Makes the answers of one search: their cosines one by one, which the scan adds up without telling them apart.</summary>
internal sealed class HitFactory(IndexQuery query, VectorChunk[] chunks, int dimension)
{
    // A query vector filled up with zeros, as kernels want it.
    private readonly float[] padded = new float[VectorMatrix.StrideOf(dimension)];

    public IndexHit Create(in Candidate candidate)
    {
        var scene = candidate.Clip.Scenes[candidate.Scene];
        var asking = query.Scenes[candidate.QueryScene];
        var (chunk, row) = Math.DivRem(candidate.Clip.Slots[candidate.Scene], SceneVectors.SlotsPerChunk);
        var audio = scene.HasAudio ? chunks[chunk].Audio : null;
        var visual = scene.HasVideo ? chunks[chunk].Visual : null;
        var parts = new ScoreParts(
            Cosine(Pairings.AudioToVisual, asking.Audio, visual, row),
            Cosine(Pairings.VisualToAudio, asking.Visual, audio, row),
            Cosine(Pairings.AudioToAudio, asking.Audio, audio, row),
            Cosine(Pairings.VisualToVisual, asking.Visual, visual, row));
        return new IndexHit(candidate.Score, parts, candidate.Clip.ToSummary(), scene, candidate.QueryScene);
    }

    /// <summary>By the scan's own kernel, so that a single part equals the score to the last bit.</summary>
    private float? Cosine(Pairings pairing, float[]? vector, VectorMatrix? stored, int row)
    {
        if (vector is null || stored is null || !query.Pairings.HasFlag(pairing))
            return null;
        vector.CopyTo(padded, 0);
        return Math.Clamp(DotProduct.Of(in padded[0], in stored.RowStart(row), stored.Stride), -1, 1);
    }
}
