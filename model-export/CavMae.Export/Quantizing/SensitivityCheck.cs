using CavMae.Checkpoints;
using CavMae.Export.Bundles;
using CavMae.Export.Graphs;
using CavMae.Export.Verifying;
using CavMae.Retrieval;
using CavMae.Retrieval.Media;

namespace CavMae.Export.Quantizing;

/// <summary>
/// Finds the linear layers that int8 harms, by trying: where an encoder with all of them in int8 keeps its vectors, there are none; else each
/// layer's harm is measured by itself, and the worst stay float32, as few as it takes.
/// </summary>
internal static class SensitivityCheck
{
    /// <summary>Enough to meet loud and quiet, dark and bright; more would only take longer.</summary>
    private const int MaxScenes = 16;

    /// <summary>Both encoders, on the media of the options; where none are given, nothing is measured and nothing stays float32.</summary>
    /// <exception cref="ExportException">A path is not there, no file can be decoded, or ffmpeg is missing.</exception>
    public static Int8Section Run(Checkpoint checkpoint, EncoderSizes sizes, ExportOptions options, Action<string> progress, CancellationToken cancellation)
    {
        if (options.CheckMedia.Count == 0)
            return new Int8Section { FloatLayers = Modality.All.ToDictionary(modality => modality.Name, _ => (IReadOnlyList<string>)[]) };
        progress("Decoding media to check int8 on");
        Dictionary<Modality, List<Scene>> scenes = ReadScenes(options.CheckMedia, cancellation);
        Dictionary<string, SensitivityResult> results = Modality.All.ToDictionary(modality => modality.Name, modality =>
            FindFloatLayers(checkpoint, sizes, modality, scenes[modality], options.MinCosine, progress, cancellation));
        return new Int8Section
        {
            FloatLayers = results.ToDictionary(result => result.Key, result => result.Value.FloatLayers),
            MinCosine = results.ToDictionary(result => result.Key, result => result.Value.MinCosine),
            CheckedScenes = scenes.ToDictionary(found => found.Key.Name, found => found.Value.Count),
        };
    }

    /// <summary>The first scenes of files, until 16 have sound and 16 pictures.</summary>
    /// <exception cref="ExportException">A path is not there, no file has sound or none has pictures, or ffmpeg is missing.</exception>
    private static Dictionary<Modality, List<Scene>> ReadScenes(IEnumerable<string> paths, CancellationToken cancellation)
    {
        using var media = MediaScenes.Find(paths);
        Dictionary<Modality, List<Scene>> scenes = Modality.All.ToDictionary(modality => modality, _ => new List<Scene>());
        try
        {
            foreach (MediaScene scene in media.ReadAsync(scenesOfAFile: 1, cancellation: cancellation).ToBlockingEnumerable(cancellation))
            {
                if (scene.Scene.Audio is not null && scenes[Modality.Audio].Count < MaxScenes)
                    scenes[Modality.Audio].Add(scene.Scene);
                if (scene.Scene.Frames.Count > 0 && scenes[Modality.Visual].Count < MaxScenes)
                    scenes[Modality.Visual].Add(scene.Scene);
                if (scenes.Values.All(found => found.Count == MaxScenes))
                    break;
            }
        }
        catch (FfmpegUnavailableException problem)
        {
            throw new ExportException(problem.Message, problem);
        }
        foreach ((Modality modality, List<Scene> found) in scenes)
        {
            if (found.Count == 0)
                throw new ExportException($"None of the {media.Files.Count} files to check int8 on has {(modality == Modality.Audio ? "sound" : "pictures")} that can be used{(media.Unusable is [var first, ..] ? $". {first.File}: {first.Reason}" : ".")}");
        }
        return scenes;
    }

    /// <param name="checkpoint">The weights.</param>
    /// <param name="sizes">Its sizes.</param>
    /// <param name="modality">Which encoder.</param>
    /// <param name="scenes">What to run it on.</param>
    /// <param name="minCosine">The lowest cosine to the float32 vector that any scene may have.</param>
    /// <param name="progress">Told what is being done.</param>
    /// <param name="cancellation">Ends it.</param>
    private static SensitivityResult FindFloatLayers(
        Checkpoint checkpoint, EncoderSizes sizes, Modality modality, IReadOnlyList<Scene> scenes, double minCosine, Action<string> progress, CancellationToken cancellation)
    {
        LockedTemporaryFolder.RemoveStale(TrialGraphs.TemporaryPrefix, static (_, _) => { });
        progress($"Trying {modality.Name} in int8");
        using TrialGraphs trials = new(checkpoint, sizes, modality, scenes, cancellation);
        if (trials.AllInt8 >= minCosine)
            return new SensitivityResult([], trials.AllInt8);

        List<(string Layer, double Cosine)> alone = [];
        foreach (string layer in trials.Layers)
        {
            progress($"Measuring {modality.Name} layers, {alone.Count + 1} of {trials.Layers.Count}");
            alone.Add((layer, trials.Compare(trials.Layers.Where(other => other != layer))));
        }
        progress($"Choosing {modality.Name} layers that stay float32");
        return Choose([.. alone.OrderBy(layer => layer.Cosine).Select(layer => layer.Layer)], minCosine, trials.AllInt8, trials.Compare);
    }

    /// <summary>The fewest of the worst layers that do: doubled until enough, then halved back.</summary>
    /// <param name="worstFirst">Every layer, the most harmed first.</param>
    /// <param name="minCosine">What to reach.</param>
    /// <param name="allInt8">The cosine with none in float32, which is below <paramref name="minCosine"/>.</param>
    /// <param name="measure">The cosine with these layers in float32; all of them: 1.</param>
    internal static SensitivityResult Choose(IReadOnlyList<string> worstFirst, double minCosine, double allInt8, Func<IEnumerable<string>, double> measure)
    {
        int tooFew = 0, enough = worstFirst.Count;
        double cosine = allInt8, enoughCosine = 1;
        for (int count = 1; count < worstFirst.Count; count *= 2)
        {
            cosine = measure(worstFirst.Take(count));
            if (cosine >= minCosine)
            {
                (enough, enoughCosine) = (count, cosine);
                break;
            }
            tooFew = count;
        }
        while (enough - tooFew > 1)
        {
            int middle = (tooFew + enough) / 2;
            cosine = measure(worstFirst.Take(middle));
            if (cosine >= minCosine)
                (enough, enoughCosine) = (middle, cosine);
            else
                tooFew = middle;
        }
        return new SensitivityResult([.. worstFirst.Take(enough)], enoughCosine);
    }
}

/// <param name="FloatLayers">Layers that stay float32, the most harmed first.</param>
/// <param name="MinCosine">The lowest cosine of the scenes' vectors with that choice.</param>
internal sealed record SensitivityResult(IReadOnlyList<string> FloatLayers, double MinCosine);
