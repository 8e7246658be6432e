using System.Numerics.Tensors;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Search;

namespace CavMae.Export.Verifying;

/// <summary>Whether two bundles find the same: clips with sound and pictures, each a query among all of them.</summary>
/// <param name="Pairs">Clips, as many queries and as many candidates each; at least 2.</param>
internal sealed record RetrievalAgreement(int Pairs, DirectionAgreement AudioToVideo, DirectionAgreement VideoToAudio)
{
    /// <summary>Fewer clips are no retrieval.</summary>
    public const int MinPairs = 2;

    /// <param name="clips">Clips that are pairs; others are left out.</param>
    /// <returns>Null where fewer than two clips are left.</returns>
    public static RetrievalAgreement? Of(IEnumerable<ClipVectors> clips, CancellationToken cancellation)
    {
        ClipVectors[] pairs = [.. clips.Where(clip => clip.IsPair)];
        return pairs.Length < MinPairs ? null : new RetrievalAgreement(
            pairs.Length, Of(pairs, scene => scene.Audio, scene => scene.Visual, cancellation), Of(pairs, scene => scene.Visual, scene => scene.Audio, cancellation));
    }

    /// <summary>One query at a time, so that memory grows with the clips and not with their square.</summary>
    private static DirectionAgreement Of(ClipVectors[] pairs, Func<SceneEmbedding, float[]?> asks, Func<SceneEmbedding, float[]?> answers, CancellationToken cancellation)
    {
        (float[][][] bundleQueries, float[][][] bundleAnswers) = (Vectors(pairs, clip => clip.Bundle, asks), Vectors(pairs, clip => clip.Bundle, answers));
        (float[][][] againstQueries, float[][][] againstAnswers) = (Vectors(pairs, clip => clip.Against, asks), Vectors(pairs, clip => clip.Against, answers));
        double[] bundleRanks = new double[pairs.Length], againstRanks = new double[pairs.Length];
        float[] bundleScores = new float[pairs.Length], againstScores = new float[pairs.Length];
        double overlap = 0;
        for (int query = 0; query < pairs.Length; query++)
        {
            cancellation.ThrowIfCancellationRequested();
            Score(bundleQueries[query], bundleAnswers, bundleScores);
            Score(againstQueries[query], againstAnswers, againstScores);
            bundleRanks[query] = RetrievalRanks.OfPartner(bundleScores, query);
            againstRanks[query] = RetrievalRanks.OfPartner(againstScores, query);
            overlap += TopAnswers.Overlap(bundleScores, againstScores);
        }
        return new DirectionAgreement(
            Recalls.Of(RecallReport.FromRanks(bundleRanks, pairs.Length)), Recalls.Of(RecallReport.FromRanks(againstRanks, pairs.Length)),
            pairs.Length > TopAnswers.Places ? overlap / pairs.Length : null);
    }

    private static float[][][] Vectors(ClipVectors[] pairs, Func<ClipVectors, IReadOnlyList<SceneEmbedding>> side, Func<SceneEmbedding, float[]?> modality) =>
        Array.ConvertAll(pairs, clip => side(clip).Select(modality).OfType<float[]>().ToArray());

    /// <summary>The service's score of two clips: the cosine of the best pair of their scenes.</summary>
    private static void Score(float[][] query, float[][][] candidates, float[] scores)
    {
        for (int candidate = 0; candidate < candidates.Length; candidate++)
        {
            float best = float.NegativeInfinity;
            foreach (float[] asking in query)
            {
                foreach (float[] answering in candidates[candidate])
                    best = Math.Max(best, TensorPrimitives.Dot(asking, answering));
            }
            scores[candidate] = best;
        }
    }
}

/// <summary>One direction of <see cref="RetrievalAgreement"/>.</summary>
/// <param name="Bundle">Recall of the bundle that is verified.</param>
/// <param name="Against">Recall of the one it is compared with.</param>
/// <param name="TopTenOverlap">Mean share (0 to 1) of the first ten answers that both give; null with ten clips or fewer, where it says nothing.</param>
internal sealed record DirectionAgreement(Recalls Bundle, Recalls Against, double? TopTenOverlap)
{
    /// <summary>The bundle's recall less the other's, in percentage points.</summary>
    public Recalls DifferencePoints => new(
        Points(Bundle.RecallAt1, Against.RecallAt1), Points(Bundle.RecallAt5, Against.RecallAt5), Points(Bundle.RecallAt10, Against.RecallAt10));

    private static double Points(double bundle, double against) => Math.Round(100 * (bundle - against), 6); // 0.1 − 0.3 in binary is not quite −0.2
}

/// <summary>Shares (0 to 1) of queries whose partner is among the first answers.</summary>
internal sealed record Recalls(double RecallAt1, double RecallAt5, double RecallAt10)
{
    public static Recalls Of(RecallReport report) => new(report.RecallAt1, report.RecallAt5, report.RecallAt10);
}
