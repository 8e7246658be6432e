using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Ingest.Reindexing;

/// <param name="ClipId">A clip that could not be encoded.</param>
/// <param name="Reason">Why: its media is gone or cannot be used.</param>
public sealed record ReindexFailure(string ClipId, string Reason);

/// <summary>Stores a clip with the scenes of the new model.</summary>
internal delegate Task StoreClip(ClipRecord clip, IReadOnlyList<SceneEmbedding> scenes, CancellationToken cancellationToken);

/// <summary>Encodes clips anew from the media of a data folder, which is only read.</summary>
/// <param name="whereElse">Said of a clip whose media is not there; empty where there is nothing to say.</param>
internal sealed class ClipReencoder(MediaEmbedder embedder, string modelId, string mediaFolder, string whereElse = "")
{
    /// <param name="clips">What is encoded.</param>
    /// <param name="parallelism">Files under way at once.</param>
    /// <param name="store">Called with one clip at a time, in their order.</param>
    /// <param name="report">Told of each clip that is done.</param>
    /// <param name="cancellationToken">Stops; whole clips stay.</param>
    /// <returns>Clips that could not be encoded.</returns>
    public async Task<IReadOnlyList<ReindexFailure>> RunAsync(IAsyncEnumerable<ClipRecord> clips, int parallelism, StoreClip store, Action<ClipRecord>? report, CancellationToken cancellationToken)
    {
        List<ReindexFailure> failures = [];
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // Several are encoded at once, and stored one after the other, so that the order of the list stays.
        Queue<(ClipRecord Clip, Task<Encoded> Work)> underWay = new();
        try
        {
            await foreach (ClipRecord clip in clips.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                underWay.Enqueue((clip, EncodeAsync(clip, stop.Token)));
                if (underWay.Count == parallelism)
                    await FinishAsync().ConfigureAwait(false);
            }
            while (underWay.Count > 0)
                await FinishAsync().ConfigureAwait(false);
            return failures;
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(underWay.Select(entry => entry.Work)).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
            throw;
        }

        async Task FinishAsync()
        {
            (ClipRecord clip, Task<Encoded> work) = underWay.Dequeue();
            Encoded encoded = await work.ConfigureAwait(false);
            if (encoded.Scenes is { } scenes)
            {
                SceneRecord[] records = [.. scenes.Select(scene => new SceneRecord(scene.Index, scene.Start, scene.End, scene.Audio is not null, scene.Visual is not null))];
                await store(clip with { ModelId = modelId, Scenes = records }, scenes, cancellationToken).ConfigureAwait(false);
            }
            else
                failures.Add(new ReindexFailure(clip.Id, encoded.Reason!));
            report?.Invoke(clip);
        }
    }

    private async Task<Encoded> EncodeAsync(ClipRecord clip, CancellationToken cancellationToken)
    {
        string path = Path.Combine(mediaFolder, clip.Sha256[..2], clip.Sha256);
        if (!File.Exists(path))
            return new Encoded(null, "its media is not in the data folder" + whereElse);
        try
        {
            return new Encoded((await embedder.EmbedUncountedAsync(path, MediaStreams.All, cancellationToken).ConfigureAwait(false)).Scenes, null);
        }
        catch (Exception problem) when (problem is MediaException or IOException or UnauthorizedAccessException && !cancellationToken.IsCancellationRequested)
        {
            return new Encoded(null, problem.Message);
        }
    }

    /// <summary>Scenes, or why there are none.</summary>
    private sealed record Encoded(IReadOnlyList<SceneEmbedding>? Scenes, string? Reason);
}
