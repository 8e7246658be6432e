using CavMae.Retrieval.Embeddings;

namespace CavMae.Export.Verifying;

/// <summary>How close two bundles' vectors of the same sounds, or of the same pictures, are.</summary>
/// <param name="Items">Scenes compared, at least 1.</param>
/// <param name="Minimum">Lowest cosine, −1 to 1.</param>
/// <param name="Mean">Mean cosine.</param>
/// <param name="Worst">The scene of the lowest one, the first where there are several.</param>
internal sealed record CosineReport(int Items, double Minimum, double Mean, WorstScene Worst)
{
    /// <param name="clips">Both bundles' vectors.</param>
    /// <param name="modality">The vector to compare; null where a scene has none.</param>
    /// <returns>Null where no scene has that modality.</returns>
    public static CosineReport? Of(IEnumerable<ClipVectors> clips, Func<SceneEmbedding, float[]?> modality)
    {
        int items = 0;
        double sum = 0, minimum = double.PositiveInfinity;
        WorstScene? worst = null;
        foreach (ClipVectors clip in clips)
        {
            foreach ((SceneEmbedding byBundle, SceneEmbedding byAgainst) in clip.Bundle.Zip(clip.Against))
            {
                if (modality(byBundle) is not { } first || modality(byAgainst) is not { } second)
                    continue;
                double cosine = Cosine(first, second);
                items++;
                sum += cosine;
                if (cosine < minimum)
                    (minimum, worst) = (cosine, new WorstScene(clip.File, byBundle.Index, byBundle.Start.TotalSeconds));
            }
        }
        return worst is null ? null : new CosineReport(items, minimum, sum / items, worst);
    }

    /// <summary>In double precision, so that what is measured is the vectors' difference; the lengths are taken out, which float32 leaves a little off 1.</summary>
    internal static double Cosine(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        double dot = 0, firstSquare = 0, secondSquare = 0;
        for (int i = 0; i < first.Length; i++)
        {
            dot += (double)first[i] * second[i];
            firstSquare += (double)first[i] * first[i];
            secondSquare += (double)second[i] * second[i];
        }
        return Math.Clamp(dot / Math.Sqrt(firstSquare * secondSquare), -1, 1);
    }
}

/// <param name="File">The file's path.</param>
/// <param name="Scene">0-based place in the file.</param>
/// <param name="StartSeconds">Where it begins.</param>
internal sealed record WorstScene(string File, int Scene, double StartSeconds);
