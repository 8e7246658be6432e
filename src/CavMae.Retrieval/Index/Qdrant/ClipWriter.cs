using CavMae.Retrieval.Embeddings;
using Microsoft.Extensions.Logging;

namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>
/// Changes of clips. Each writes a new revision's scenes beside the old one's, where nobody sees them, and then moves the clip's commit point
/// from the revision that was read to the new one, if it still is where it was. A write that finds another one came between ends as if it had
/// come just before that: the clip is the other's, whole.
/// </summary>
/// <param name="hasReplicas">Whether a read may come from a copy that lags behind a write.</param>
internal sealed partial class ClipWriter(ClipCommits commits, SceneStore scenes, WriteJournal journal, SeenRevisions seenLive, bool hasReplicas, TimeProvider time, ILogger logger) : IDisposable
{
    private const int MaxUpdateTries = 8;

    /// <summary>How long a failed write tries to clean up behind itself before it leaves that to the journal.</summary>
    private static readonly TimeSpan CleanUpLimit = TimeSpan.FromSeconds(5);

    /// <summary>New clips of one process get their place and appear in one order, so that no list passes a place that is yet to be filled.</summary>
    private readonly SemaphoreSlim newClips = new(1, 1);

    public async Task UpsertAsync(ClipRecord clip, string metadataText, IReadOnlyList<SceneEmbedding> embeddings, CancellationToken cancellationToken)
    {
        var before = await commits.FindAsync(clip.Id, cancellationToken).ConfigureAwait(false);
        await ReplaceAsync(before, clip, metadataText, embeddings, cancellationToken).ConfigureAwait(false);
        await SweepAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>False where there is a clip of this id: it stays.</summary>
    public async Task<bool> AddAsync(ClipRecord clip, string metadataText, IReadOnlyList<SceneEmbedding> embeddings, CancellationToken cancellationToken) =>
        await commits.FindAsync(clip.Id, cancellationToken).ConfigureAwait(false) is null && await ReplaceAsync(null, clip, metadataText, embeddings, cancellationToken).ConfigureAwait(false);

    public async Task<ClipRecord?> UpdateAsync(string clipId, ClipChanges changes, string? metadataText, CancellationToken cancellationToken)
    {
        for (var i = 0; i < MaxUpdateTries; i++)
        {
            if (await commits.FindAsync(clipId, cancellationToken).ConfigureAwait(false) is not { } before)
                return null;
            if (await scenes.ReadAsync(before, cancellationToken).ConfigureAwait(false) is not { } embeddings)
                continue;
            var metadata = metadataText ?? MetadataText.Write(before.Record.Metadata);
            var after = before.Record with { Title = changes.Title ?? before.Record.Title, Tags = [.. changes.Tags ?? before.Record.Tags] };
            if (await ReplaceAsync(before, after, metadata, embeddings, cancellationToken).ConfigureAwait(false))
                return after with { Metadata = MetadataText.Parse(metadata) };
        }
        throw new StoreUnavailableException($"Clip '{clipId}' is being changed by others all the time, or scenes of it are missing in Qdrant. Try again; if it stays so, upload it again.");
    }

    public async Task<bool> DeleteAsync(string clipId, CancellationToken cancellationToken)
    {
        if (await commits.FindAsync(clipId, cancellationToken).ConfigureAwait(false) is not { } before)
            return false;
        var entry = await journal.BeginAsync(clipId, [before.Revision], cancellationToken).ConfigureAwait(false);
        journal.RequireFresh(entry);
        await DecideAsync(() => commits.RemoveAsync(clipId, before.Revision, cancellationToken)).ConfigureAwait(false);
        await SettleAsync(entry).ConfigureAwait(false);
        return true;
    }

    public void Dispose() => newClips.Dispose();

    /// <summary>True where the new revision was live right after the write; false where another write came between.</summary>
    private async Task<bool> ReplaceAsync(CommittedClip? before, ClipRecord clip, string metadataText, IReadOnlyList<SceneEmbedding> embeddings, CancellationToken cancellationToken)
    {
        var revision = Guid.CreateVersion7(time.GetUtcNow());
        var copy = FilterCopy.Of(clip.Tags, metadataText);
        var entry = await journal.BeginAsync(clip.Id, before is null ? [revision] : [revision, before.Revision], cancellationToken).ConfigureAwait(false);
        try
        {
            await scenes.WriteAsync(clip.Id, revision, embeddings, copy, cancellationToken).ConfigureAwait(false);
            journal.RequireFresh(entry);
            cancellationToken.ThrowIfCancellationRequested();
        }
        catch
        {
            // A request without an answer may yet be carried out: the entry stays, for a later sweep to look again. What was live stays, whatever a read says.
            await SettleAsync(entry with { Revisions = [revision] }, keepsEntry: true).ConfigureAwait(false);
            throw;
        }
        // From here on the write is not cancelled: whether it took place would not be known.
        await DecideAsync(() => CommitAsync(before, new CommittedClip(revision, before?.Sequence ?? 0, clip), metadataText, copy)).ConfigureAwait(false);
        // A replica that lags behind the commit still tells of the time before it: nothing is removed on its word.
        return await SettleAsync(entry, isOutdated: live => hasReplicas && (live is null || live == before?.Revision)).ConfigureAwait(false) == revision;
    }

    /// <summary>The one request that decides: without an answer to it nobody knows whether the write took place, and the caller is told so.</summary>
    private static async Task DecideAsync(Func<Task> send)
    {
        try
        {
            await send().ConfigureAwait(false);
        }
        catch (StoreUnavailableException e)
        {
            throw new StoreUnavailableException(e.Message, e) { MayHaveTakenPlace = true };
        }
    }

    private async Task CommitAsync(CommittedClip? before, CommittedClip after, string metadataText, FilterCopy copy)
    {
        if (before is not null)
        {
            await commits.CommitAsync(after, metadataText, copy, before.Revision, CancellationToken.None).ConfigureAwait(false);
            return;
        }
        await newClips.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            var sequence = await commits.NextSequenceAsync(CancellationToken.None).ConfigureAwait(false);
            await commits.CommitAsync(after with { Sequence = sequence }, metadataText, copy, null, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            newClips.Release();
        }
    }

    /// <summary>Cleans up behind a write that is over. Where that fails, the journal still says what is to be done, and the write stands as it is.</summary>
    /// <returns>The clip's live revision; null where there is none, or it is not known.</returns>
    /// <param name="entry">The write.</param>
    /// <param name="keepsEntry">Leaves the entry for a sweep.</param>
    /// <param name="isOutdated">Live revisions that cannot be, after this write; then all is left to a sweep.</param>
    private async Task<Guid?> SettleAsync(JournalEntry entry, bool keepsEntry = false, Func<Guid?, bool>? isOutdated = null)
    {
        using var limit = new CancellationTokenSource(CleanUpLimit, time);
        Guid? live = null;
        try
        {
            live = (await commits.FindAsync(entry.ClipId, limit.Token).ConfigureAwait(false))?.Revision;
            if (isOutdated?.Invoke(live) == true)
                return live;
            if (live is { } revision)
                seenLive.Add(entry.ClipId, revision);
            await journal.SettleAsync(entry, live, keepsEntry, limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is StoreUnavailableException or StoreRefusedException or OperationCanceledException)
        {
            LogLeftBehind(logger, entry.ClipId, exception.Message);
        }
        return live;
    }

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        try
        {
            var settled = await journal.SweepAsync(cancellationToken).ConfigureAwait(false);
            if (settled > 0)
                LogSwept(logger, settled);
        }
        catch (Exception exception) when (exception is StoreUnavailableException or StoreRefusedException)
        {
            LogNotSwept(logger, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scenes of a write of clip '{ClipId}' that is over could not be removed from Qdrant yet; nobody sees them, and a later sweep removes them. {Reason}")]
    private static partial void LogLeftBehind(ILogger logger, string clipId, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Cleaned up {Count} writes in Qdrant that were under way when their process ended.")]
    private static partial void LogSwept(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Writes left behind in Qdrant could not be cleaned up; the next sweep tries again. {Reason}")]
    private static partial void LogNotSwept(ILogger logger, string reason);
}
