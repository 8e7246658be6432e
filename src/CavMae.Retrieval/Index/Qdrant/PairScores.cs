using System.Numerics.Tensors;

namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>
/// The score of a query scene q and a stored scene s, mean of up to four cosines, taken apart by the stored side:
/// ((q.visual + q.audio)·s.audio + (q.audio + q.visual)·s.visual) / count. So one search a stored side, by the sum of the query's vectors, finds the
/// scenes that can lead; and from the products seen, and the least product of each search's answer, follows the best score a scene can have.
/// </summary>
internal sealed class PairScores
{
    private readonly IndexQuery query;
    private readonly QuerySide[] audio;
    private readonly QuerySide[] visual;

    public PairScores(IndexQuery query, int dimension)
    {
        this.query = query;
        audio = [.. query.Scenes.Select(scene => Sum(dimension, Part(Pairings.AudioToAudio, scene.Audio), Part(Pairings.VisualToAudio, scene.Visual)))];
        visual = [.. query.Scenes.Select(scene => Sum(dimension, Part(Pairings.AudioToVisual, scene.Audio), Part(Pairings.VisualToVisual, scene.Visual)))];
    }

    /// <summary>What a query scene is compared with stored sound by.</summary>
    public IReadOnlyList<QuerySide> Audio => audio;

    /// <summary>What a query scene is compared with stored pictures by.</summary>
    public IReadOnlyList<QuerySide> Visual => visual;

    /// <summary>The best query scene for a stored one (the first of several), its score and cosines; null where nothing can be compared.</summary>
    public ScoredPair? Score(StoredVectors stored)
    {
        ScoredPair? best = null;
        for (var i = 0; i < query.Scenes.Count; i++)
        {
            var asking = query.Scenes[i];
            double?[] cosines =
            [
                Cosine(Pairings.AudioToVisual, asking.Audio, stored.Visual), Cosine(Pairings.VisualToAudio, asking.Visual, stored.Audio),
                Cosine(Pairings.AudioToAudio, asking.Audio, stored.Audio), Cosine(Pairings.VisualToVisual, asking.Visual, stored.Visual),
            ];
            if (cosines.Average() is not { } mean)
                continue;
            var score = (float)Math.Clamp(mean, -1, 1);
            if (best is null || score > best.Score)
                best = new ScoredPair(score, new ScoreParts((float?)cosines[0], (float?)cosines[1], (float?)cosines[2], (float?)cosines[3]), i);
        }
        return best;
    }

    /// <summary>The best score a query scene can have with a stored one of which this much is known.</summary>
    /// <param name="audioProduct">What is known of the product with the stored sound.</param>
    /// <param name="visualProduct">The same for the pictures.</param>
    public double Bound(int queryScene, in ProductBound audioProduct, in ProductBound visualProduct)
    {
        var (audioPairs, visualPairs) = (audio[queryScene].Pairs, visual[queryScene].Pairs);
        var best = double.NegativeInfinity;
        if (audioPairs > 0 && audioProduct.MayBeThere && !visualProduct.IsSeen)
            best = Math.Max(best, audioProduct.Most / audioPairs);
        if (visualPairs > 0 && visualProduct.MayBeThere && !audioProduct.IsSeen)
            best = Math.Max(best, visualProduct.Most / visualPairs);
        if (audioPairs > 0 && visualPairs > 0 && audioProduct.MayBeThere && visualProduct.MayBeThere)
            best = Math.Max(best, (audioProduct.Most + visualProduct.Most) / (audioPairs + visualPairs));
        return best;
    }

    private float[]? Part(Pairings pairing, float[]? vector) => query.Pairings.HasFlag(pairing) ? vector : null;

    /// <summary>In double precision: exact enough that equal vectors give equal scores, whatever the order of adding.</summary>
    private double? Cosine(Pairings pairing, float[]? asking, float[]? stored)
    {
        if (asking is null || stored is null || !query.Pairings.HasFlag(pairing))
            return null;
        var sum = 0.0;
        for (var i = 0; i < asking.Length; i++)
            sum += (double)asking[i] * stored[i];
        return Math.Clamp(sum, -1, 1);
    }

    private static QuerySide Sum(int dimension, params ReadOnlySpan<float[]?> parts)
    {
        var (pairs, sum) = (0, new float[dimension]);
        foreach (var part in parts)
        {
            if (part is null)
                continue;
            TensorPrimitives.Add(sum, part, sum);
            pairs++;
        }
        return new QuerySide(pairs, sum, Math.Sqrt(TensorPrimitives.SumOfSquares<float>(sum)));
    }
}

/// <param name="Pairs">Cosines that the product with a stored vector adds up: 0 to 2.</param>
/// <param name="Vector">The sum of the query's vectors; not of unit length.</param>
/// <param name="Length">Its L2 norm: Qdrant's cosine times this is the product.</param>
internal sealed record QuerySide(int Pairs, float[] Vector, double Length);

/// <summary>What is known of a product that has been searched for.</summary>
/// <param name="Most">The product, or the most it can be.</param>
/// <param name="IsSeen">It was in the answer: the stored scene has this side.</param>
internal readonly record struct ProductBound(double Most, bool IsSeen)
{
    /// <summary>The answer held all there is.</summary>
    public static ProductBound None { get; } = new(double.NegativeInfinity, false);

    public bool MayBeThere => Most > double.NegativeInfinity;
}

/// <param name="QueryScene">Place of the query scene that fits best.</param>
internal sealed record ScoredPair(float Score, ScoreParts Parts, int QueryScene);
