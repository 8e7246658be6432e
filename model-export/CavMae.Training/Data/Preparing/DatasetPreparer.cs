using CavMae.Retrieval.Media;
using CavMae.Training.Data.Sets;

namespace CavMae.Training.Data.Preparing;

internal enum PreparedState
{
    Prepared,

    /// <summary>All of its files were there already, made of this video as it is now.</summary>
    Present,
    Failed,
}

/// <summary>What became of one video.</summary>
/// <param name="File">With the id that its clip has in the folder.</param>
/// <param name="Fault">Why it failed; null where it did not.</param>
internal sealed record PreparedVideo(VideoFile File, PreparedState State, string? Fault = null);

/// <summary>
/// Makes a data set of videos: the first scene of each as the service hears and sees it. A video that cannot be used is a result, not the end.
/// Clips of other videos that are in the folder stay there and in its list.
/// </summary>
internal sealed class DatasetPreparer(PreparedFolder folder, MediaDecoder decoder)
{
    /// <param name="jobs">Videos under way at once.</param>
    /// <param name="report">Told of each video as it is done, from any thread, one call at a time.</param>
    /// <returns>What became of each, in the videos' order.</returns>
    /// <exception cref="FfmpegUnavailableException">ffmpeg is missing.</exception>
    /// <exception cref="DatasetException">What is in the folder is broken.</exception>
    /// <exception cref="IOException">The folder cannot be written, or another process is preparing there.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; videos that were done stay, and the next run goes on behind them.</exception>
    public async Task<IReadOnlyList<PreparedVideo>> RunAsync(
        IReadOnlyList<VideoFile> videos, FileLabels labels, int jobs, Action<PreparedVideo> report, CancellationToken cancellationToken)
    {
        folder.Create();
        using PreparedSources sources = folder.OpenSources();
        folder.RemoveLeftovers();
        IReadOnlyList<DatasetEntry> listed = folder.ReadDataset();
        videos = sources.GiveIds(videos, listed.Select(entry => entry.VideoId));
        var results = new PreparedVideo[videos.Count];
        Lock turn = new();
        ParallelOptions options = new() { MaxDegreeOfParallelism = jobs, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(0, videos.Count), options, async (i, stop) =>
        {
            results[i] = await PrepareAsync(videos[i], sources, stop).ConfigureAwait(false);
            lock (turn)
                report(results[i]);
        }).ConfigureAwait(false);
        PreparedVideo[] usable = [.. results.Where(result => result.State is not PreparedState.Failed)];
        if (usable.Length > 0)
        {
            HashSet<string> ids = [.. videos.Select(video => video.Id)];
            folder.WriteDataset(usable.Select(result => (result.File.Id, labels.Of(result.File))), listed.Where(entry => !ids.Contains(entry.VideoId)));
        }
        return results;
    }

    private async Task<PreparedVideo> PrepareAsync(VideoFile file, PreparedSources sources, CancellationToken cancellationToken)
    {
        if (PreparedSource.TryOf(file) is not { } source)
            return new PreparedVideo(file, PreparedState.Failed, "The file is not there, or may not be read.");
        if (source.LooksLike(sources.Of(file.Id)) && folder.Holds(file.Id))
        {
            if (source != sources.Of(file.Id))
                sources.Set(source); // it was moved
            return new PreparedVideo(file, PreparedState.Present);
        }
        Scene scene;
        try
        {
            scene = await FirstSceneAsync(file.Path, cancellationToken).ConfigureAwait(false);
        }
        // After Ctrl-C ffmpeg, which gets the signal too, may be gone first: that is no fault of the file.
        catch (Exception problem) when (problem is MediaException or DecoderKilledException or IOException or UnauthorizedAccessException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new PreparedVideo(file, PreparedState.Failed, problem.Message);
        }
        // In this order: whenever the process ends, a clip whose sound is there is made of what is noted.
        folder.Drop(file.Id);
        sources.Set(source);
        folder.Write(file.Id, scene.Audio!, scene.Frames);
        return new PreparedVideo(file, PreparedState.Prepared);
    }

    private async Task<Scene> FirstSceneAsync(string path, CancellationToken cancellationToken)
    {
        MediaSource source = await decoder.OpenAsync(path, cancellationToken).ConfigureAwait(false);
        if (!source.Info.HasAudio || !source.Info.HasVideo || source.Info.IsStillImage)
            throw new MediaException(MediaError.MissingStream, source.Info.HasAudio ? "The file has no moving pictures." : "The file has no sound.");
        await foreach (Scene scene in decoder.DecodeAsync(source, MediaStreams.Audio | MediaStreams.Visual, cancellationToken).ConfigureAwait(false))
        {
            return scene is { Index: 0, Audio: not null, Frames.Count: DatasetEntry.Frames }
                ? scene
                : throw new MediaException(MediaError.MissingStream, "Sound or pictures begin only after the first 10 s.");
        }
        throw new MediaException(MediaError.Broken, "Nothing of the file can be decoded.");
    }
}
