using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Ingest.Reindexing;

/// <summary>What one pass over a store did.</summary>
internal sealed record CatchUpResult(int Changes, IReadOnlyList<ReindexFailure> Failures);

/// <summary>Brings the store of another model to what a list of clips says, clip by clip: what is there already is not encoded again.</summary>
/// <param name="beforeRemoval">Asked between finding out what is to be removed and removing it; throws where nothing may be.</param>
internal sealed class StoreCatchUp(ClipReencoder encoder, ISceneIndex target, Func<CancellationToken, Task>? beforeRemoval = null)
{
    /// <param name="clips">What the store shall hold, in list order.</param>
    /// <param name="parallelism">Files under way at once.</param>
    /// <param name="report">Told of each clip that is done.</param>
    /// <param name="cancellationToken">Stops; whole clips stay.</param>
    public async Task<CatchUpResult> RunAsync(IReadOnlyList<ClipRecord> clips, int parallelism, Action<ClipRecord>? report, CancellationToken cancellationToken)
    {
        int changes = await RemoveOthersAsync(clips, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<ReindexFailure> failures = await encoder.RunAsync(MissingAsync(cancellationToken), parallelism, async (clip, scenes, cancellation) =>
        {
            await target.UpsertAsync(clip, scenes, cancellation).ConfigureAwait(false);
            changes++;
        }, report, cancellationToken).ConfigureAwait(false);
        return new CatchUpResult(changes, failures);

        async IAsyncEnumerable<ClipRecord> MissingAsync([EnumeratorCancellation] CancellationToken cancellation)
        {
            foreach (ClipRecord clip in clips)
            {
                if (await target.GetAsync(clip.Id, cancellation).ConfigureAwait(false) is not { } there)
                {
                    yield return clip;
                    continue;
                }
                changes += await UpdateAsync(there, clip, cancellation).ConfigureAwait(false);
                report?.Invoke(clip);
            }
        }
    }

    private async Task<int> RemoveOthersAsync(IReadOnlyList<ClipRecord> clips, CancellationToken cancellationToken)
    {
        Dictionary<string, ClipRecord> wanted = clips.ToDictionary(clip => clip.Id, StringComparer.Ordinal);
        List<string> others = [];
        await foreach (ClipRecord there in target.ListAllAsync(ClipFilter.None, cancellationToken).ConfigureAwait(false))
            if (!wanted.TryGetValue(there.Id, out ClipRecord? clip) || clip.Sha256 != there.Sha256 || clip.CreatedAt != there.CreatedAt)
                others.Add(there.Id);
        if (beforeRemoval is not null)
            await beforeRemoval(cancellationToken).ConfigureAwait(false);
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
}
