using System.Text.Json.Nodes;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Ingest.Reindexing;

/// <param name="ClipId">A clip that could not be encoded.</param>
/// <param name="Reason">Why: its media is gone or cannot be used.</param>
public sealed record ReindexFailure(string ClipId, string Reason);

/// <summary>What one pass over a store did.</summary>
internal sealed record CatchUpResult(int Changes, IReadOnlyList<ReindexFailure> Failures);

/// <summary>Brings the store of another model to what a snapshot says, clip by clip: what is there already is not encoded again.</summary>
internal sealed class StoreCatchUp(MediaEmbedder embedder, ISceneIndex target, string modelId, string mediaFolder)
{
    /// <param name="clips">What the store shall hold, in list order.</param>
    /// <param name="parallelism">Files under way at once.</param>
    /// <param name="report">Told of each clip that is done.</param>
    /// <param name="cancellationToken">Stops; whole clips stay.</param>
    public async Task<CatchUpResult> RunAsync(IReadOnlyList<ClipRecord> clips, int parallelism, Action<ClipRecord>? report, CancellationToken cancellationToken)
    {
        int changes = await RemoveOthersAsync(clips, cancellationToken).ConfigureAwait(false);
        List<ReindexFailure> failures = [];
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // Several are encoded at once, and stored one after the other, so that the order of the list stays.
        Queue<(ClipRecord Clip, Task<Encoded> Work)> underWay = new();
        try
        {
            foreach (ClipRecord clip in clips)
            {
                if (await target.GetAsync(clip.Id, cancellationToken).ConfigureAwait(false) is { } there)
                {
                    changes += await UpdateAsync(there, clip, cancellationToken).ConfigureAwait(false);
                    report?.Invoke(clip);
                    continue;
                }
                underWay.Enqueue((clip, EncodeAsync(clip, stop.Token)));
                if (underWay.Count == parallelism)
                    await FinishAsync().ConfigureAwait(false);
            }
            while (underWay.Count > 0)
                await FinishAsync().ConfigureAwait(false);
            return new CatchUpResult(changes, failures);
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
                await target.UpsertAsync(clip with { ModelId = modelId, Scenes = records }, scenes, cancellationToken).ConfigureAwait(false);
                changes++;
            }
            else
                failures.Add(new ReindexFailure(clip.Id, encoded.Reason!));
            report?.Invoke(clip);
        }
    }

    private async Task<int> RemoveOthersAsync(IReadOnlyList<ClipRecord> clips, CancellationToken cancellationToken)
    {
        Dictionary<string, ClipRecord> wanted = clips.ToDictionary(clip => clip.Id, StringComparer.Ordinal);
        List<string> others = [];
        await foreach (ClipRecord there in target.ListAllAsync(ClipFilter.None, cancellationToken).ConfigureAwait(false))
            if (!wanted.TryGetValue(there.Id, out ClipRecord? clip) || clip.Sha256 != there.Sha256 || clip.CreatedAt != there.CreatedAt)
                others.Add(there.Id);
        foreach (string id in others)
            await target.DeleteAsync(id, cancellationToken).ConfigureAwait(false);
        return others.Count;
    }

    /// <summary>Words may change without the content.</summary>
    private async Task<int> UpdateAsync(ClipRecord there, ClipRecord clip, CancellationToken cancellationToken)
    {
        if (there.Title == clip.Title && there.Tags.SequenceEqual(clip.Tags) && JsonNode.DeepEquals(there.Metadata, clip.Metadata))
            return 0;
        await target.UpdateAsync(clip.Id, new ClipChanges { Title = clip.Title, Tags = clip.Tags, Metadata = clip.Metadata }, cancellationToken).ConfigureAwait(false);
        return 1;
    }

    private async Task<Encoded> EncodeAsync(ClipRecord clip, CancellationToken cancellationToken)
    {
        string path = Path.Combine(mediaFolder, clip.Sha256[..2], clip.Sha256);
        if (!File.Exists(path))
            return new Encoded(null, "its media is not in the data folder");
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
