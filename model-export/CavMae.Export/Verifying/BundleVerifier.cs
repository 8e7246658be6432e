using System.Runtime.CompilerServices;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Media;

namespace CavMae.Export.Verifying;

/// <summary>What to compare.</summary>
internal sealed record VerifyOptions
{
    /// <summary>Folder of the bundle to verify.</summary>
    public required string BundleFolder { get; init; }

    /// <summary>A checkpoint file, or the folder of another bundle.</summary>
    public required string AgainstPath { get; init; }

    /// <summary>Media files and folders.</summary>
    public required IReadOnlyList<string> MediaPaths { get; init; }

    /// <summary>Attention heads of a checkpoint; null: what it says, else what the bundle says.</summary>
    public int? Heads { get; init; }

    /// <summary>The lowest cosine allowed, −1 to 1; null: what the coarser of the two precisions keeps.</summary>
    public double? MinCosine { get; init; }

    /// <summary>What vectors of the same weights keep in these precisions.</summary>
    public static double UsualMinCosine(params ReadOnlySpan<string> precisions) => precisions.Contains("int8") ? 0.995 : precisions.Contains("fp16") ? 0.9999 : 0.99999;
}

/// <summary>Runs two bundles on the same media: each file is decoded once, each scene encoded by both, and only vectors are kept.</summary>
internal static class BundleVerifier
{
    private const int MaxNamedFiles = 20;

    /// <param name="progress">Told of an export, and of each file done.</param>
    /// <exception cref="ExportException">The two cannot be compared, or none of the media can be used.</exception>
    /// <exception cref="Checkpoints.CheckpointException">The checkpoint cannot be read.</exception>
    /// <exception cref="ModelException">A bundle is damaged or cannot be run.</exception>
    /// <exception cref="FfmpegUnavailableException">ffmpeg is missing.</exception>
    /// <exception cref="IOException">No temporary folder can be made.</exception>
    public static async Task<VerifyReport> RunAsync(VerifyOptions options, ProgressLine progress, CancellationToken cancellation)
    {
        if (!Path.Exists(options.AgainstPath))
            throw new ExportException($"There is no {options.AgainstPath} to compare with: give a checkpoint file or a bundle's folder with --against.");
        using MediaScenes media = MediaScenes.Find(options.MediaPaths);
        if (media.Files.Count == 0)
            throw new ExportException($"There are no files in {string.Join(", ", options.MediaPaths)}.");
        ComparedBundle bundle = await ComparedBundle.OpenAsync(options.BundleFolder, cancellation).ConfigureAwait(false);
        await using ConfiguredAsyncDisposable bundleDisposal = bundle.ConfigureAwait(false);
        ComparedBundle against = Directory.Exists(options.AgainstPath)
            ? await ComparedBundle.OpenAsync(options.AgainstPath, cancellation).ConfigureAwait(false)
            : await ComparedBundle.ExportAsync(options.AgainstPath, options.Heads, ComparedBundle.HeadsOf(options.BundleFolder), progress, cancellation).ConfigureAwait(false);
        await using ConfiguredAsyncDisposable againstDisposal = against.ConfigureAwait(false);
        if (bundle.Model.Dimension != against.Model.Dimension)
            throw new ExportException($"{bundle.Title} has vectors of {bundle.Model.Dimension} numbers and {against.Title} of {against.Model.Dimension}: they cannot be compared.");

        IReadOnlyList<ClipVectors> clips = await EncodeAsync(media, bundle.Encoder, against.Encoder, progress, cancellation).ConfigureAwait(false);
        return new VerifyReport(
            ReportedBundle.Of(bundle), ReportedBundle.Of(against), bundle.WeightsHash == against.WeightsHash, options.MinCosine ?? VerifyOptions.UsualMinCosine(bundle.Model.Precision, against.Model.Precision),
            CosineReport.Of(clips, scene => scene.Audio), CosineReport.Of(clips, scene => scene.Visual),
            RetrievalAgreement.Of(clips, cancellation), [.. media.Unusable]);
    }

    private static async Task<IReadOnlyList<ClipVectors>> EncodeAsync(
        MediaScenes media, SceneEncoder bundle, SceneEncoder against, ProgressLine progress, CancellationToken cancellation)
    {
        List<ClipVectors> clips = [];
        int filesDone = 0, scenesDone = 0;
        await foreach ((string file, Scene scene) in media.ReadAsync(_ => Report(++filesDone), cancellation: cancellation).ConfigureAwait(false))
        {
            if (clips.Count == 0 || clips[^1].File != file)
                clips.Add(new ClipVectors(file));
            // One after the other: on a CPU each takes all cores. ffmpeg decodes ahead meanwhile.
            SceneEmbedding byBundle = await bundle.EncodeAsync(scene, cancellation).ConfigureAwait(false);
            clips[^1].Add(byBundle, await against.EncodeAsync(scene, cancellation).ConfigureAwait(false));
            scenesDone++;
            Report(filesDone);
        }
        // A file counts only when it was decoded to its end.
        HashSet<string> broken = [.. media.Unusable.Select(unusable => unusable.File)];
        clips.RemoveAll(clip => broken.Contains(clip.File) || clip.Bundle.All(scene => scene is { Audio: null, Visual: null }));
        return clips.Count > 0 ? clips : throw new ExportException(NothingUsable(media));

        void Report(int files) => progress.Report("Comparing", files, media.Files.Count, scenesDone);
    }

    private static string NothingUsable(MediaScenes media)
    {
        string rest = media.Unusable.Count > MaxNamedFiles ? $"{Environment.NewLine}and {media.Unusable.Count - MaxNamedFiles} more." : "";
        return $"None of the {media.Files.Count} files can be used.{string.Concat(media.Unusable.Take(MaxNamedFiles).Select(file => $"{Environment.NewLine}{file.File}: {file.Reason}"))}{rest}";
    }
}
