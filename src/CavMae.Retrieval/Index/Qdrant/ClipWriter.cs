using CavMae.Retrieval.Embeddings;
using Microsoft.Extensions.Logging;

namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>
/// Changes of clips. Each writes a new revision's scenes beside the old one's, where nobody sees them, and then moves the clip's commit point
/// from the revision that was read to the new one, if it still is where it was. A write that finds another upload came between ends as if it had
/// come just before that: the clip is the other's, whole. Where only title, tags or metadata were changed meanwhile, that was before, and the
/// upload or the removal goes on from there.
/// </summary>
/// <param name="hasReplicas">Whether a read may come from a copy that lags behind a write.</param>
internal sealed partial class ClipWriter(ClipCommits commits, SceneStore scenes, WriteJournal journal, SeenRevisions seenLive, bool hasReplicas, TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>How often a write begins again because others change the clip at the same time.</summary>
    private const int MaxTries = 8;

    /// <summary>How long a failed write tries to clean up behind itself before it leaves that to the journal.</summary>
    private static readonly TimeSpan CleanUpLimit = TimeSpan.FromSeconds(5);

    /// <summary>New clips of one process get their place and appear in one order, so that no list passes a place that is yet to be filled.</summary>
    private readonly SemaphoreSlim newClips = new(1, 1);

    public async Task UpsertAsync(ClipRecord clip, string metadataText, IReadOnlyList<SceneEmbedding> embeddings, CancellationToken cancellationToken)
    {
        var before = await commits.FindAsync(clip.Id, cancellationToken).ConfigureAwait(false);
        await ReplaceAsync(before, clip, metadataText, embeddings, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>False where there is a clip of this id: it stays.</summary>
    public async Task<bool> AddAsync(ClipRecord clip, string metadataText, IReadOnlyList<SceneEmbedding> embeddings, CancellationToken cancellationToken) =>
        await commits.FindAsync(clip.Id, cancellationToken).ConfigureAwait(false) is null && await ReplaceAsync(null, clip, metadataText, embeddings, cancellationToken).ConfigureAwait(false);

    public async Task<ClipRecord?> UpdateAsync(string clipId, ClipChanges changes, string? metadataText, CancellationToken cancellationToken)
    {
        for (var i = 0; i < MaxTries; i++)
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
        throw Contended(clipId);
    }

    public async Task<bool> DeleteAsync(string clipId, CancellationToken cancellationToken)
    {
        if (await commits.FindAsync(clipId, cancellationToken).ConfigureAwait(false) is not { } before)
            return false;
        var entry = await journal.BeginAsync(clipId, [before.Revision], cancellationToken).ConfigureAwait(false);
        journal.RequireFresh(entry);
        cancellationToken.ThrowIfCancellationRequested();
        await DecideAsync(entry, before, null, current => commits.RemoveAsync(clipId, current!.Revision, CancellationToken.None)).ConfigureAwait(false);
        return true;
    }

    public void Dispose() => newClips.Dispose();

    /// <summary>True where the new revision was live right after the write; false where another write came between.</summary>
    private async Task<bool> ReplaceAsync(CommittedClip? before, ClipRecord clip, string metadataText, IReadOnlyList<SceneEmbedding> embeddings, CancellationToken cancellationToken)
    {
        var revision = Guid.CreateVersion7(time.GetUtcNow());
        var copy = FilterCopy.Of(clip.Tags, metadataText);
        var entry = await journal.BeginAsync(clip.Id, before is null ? [revision] : [revision, before.Revision], cancellationToken).ConfigureAwait(false);
        await PrepareAsync(entry, revision, async () =>
        {
            await scenes.WriteAsync(clip.Id, revision, embeddings, copy, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            return entry;
        }).ConfigureAwait(false);
        var after = new CommittedClip(revision, 0, clip);
        return await DecideAsync(entry, before, after, current => CommitAsync(current, after with { Sequence = current?.Sequence ?? 0 }, metadataText, copy)).ConfigureAwait(false);
    }

    /// <summary>What comes before the request that decides. If it fails, the write's own scenes are removed, and what was live stays, whatever a read would say.</summary>
    /// <param name="revision">The write's own revision; null: it has none.</param>
    private async Task<JournalEntry> PrepareAsync(JournalEntry entry, Guid? revision, Func<Task<JournalEntry>> act)
    {
        try
        {
            var prepared = await act().ConfigureAwait(false);
            journal.RequireFresh(prepared);
            return prepared;
        }
        catch
        {
            // A request without an answer may yet be carried out: the entry stays, for a later sweep to look again.
            await SettleAsync(entry with { Revisions = revision is { } own ? [own] : [] }, live: null, keepsEntry: true).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Sends the one request that decides, looks what came of it, and cleans up. Where the clip was changed in between and still is the same upload,
    /// it is sent again for the clip as it is now. None of this is cancelled: whether the write took place would not be known.
    /// </summary>
    /// <param name="before">The clip as it was read; null: there was none.</param>
    /// <param name="after">The clip as it is to be; null: removed.</param>
    /// <param name="send">Makes the change if the clip still is as given; else nothing happens.</param>
    /// <returns>True where the clip was as it is to be right after that; false where another write came between.</returns>
    private async Task<bool> DecideAsync(JournalEntry entry, CommittedClip? before, CommittedClip? after, Func<CommittedClip?, Task> send)
    {
        for (var tries = 1; ; tries++)
        {
            var live = await SendAndReadAsync(() => send(before), entry.ClipId).ConfigureAwait(false);
            var isDone = live?.Revision == after?.Revision;
            // A replica that lags behind the change still tells of the time before it: nothing is removed on its word, but left to a sweep.
            if (!isDone && hasReplicas && (live is null || entry.Revisions.Contains(live.Revision)))
                return false;
            if (isDone || !IsChangedOnly(before, live, after))
            {
                await SettleAsync(entry, live, keepsEntry: false).ConfigureAwait(false);
                return isDone;
            }
            if (tries == MaxTries)
            {
                await SettleAsync(entry, live, keepsEntry: false).ConfigureAwait(false);
                throw Contended(entry.ClipId);
            }
            before = live;
            entry = await PrepareAsync(entry, after?.Revision, () => journal.AddAsync(entry, live!.Revision, CancellationToken.None)).ConfigureAwait(false);
        }
    }

    /// <summary>Without an answer to both nobody knows whether the write took place, and the caller is told so.</summary>
    private async Task<CommittedClip?> SendAndReadAsync(Func<Task> send, string clipId)
    {
        try
        {
            await send().ConfigureAwait(false);
            return await commits.FindAsync(clipId, CancellationToken.None).ConfigureAwait(false);
        }
        catch (StoreUnavailableException e)
        {
            throw new StoreUnavailableException(e.Message, e) { MayHaveTakenPlace = true };
        }
    }

    /// <summary>
    /// Whether the clip that is live is the upload that was read, with another title, tags or metadata, and the write is not of that same upload itself:
    /// such a change is made anew from what is live, and an import of what is there already could not be told from what others made of it.
    /// </summary>
    private static bool IsChangedOnly(CommittedClip? before, CommittedClip? live, CommittedClip? after) =>
        before is not null && live is not null && IsSameUpload(before, live) && (after is null || !IsSameUpload(before, after));

    private static bool IsSameUpload(CommittedClip one, CommittedClip other) =>
        one.Record.Sha256 == other.Record.Sha256 && one.Record.CreatedAt == other.Record.CreatedAt;

    private static StoreUnavailableException Contended(string clipId) =>
        new($"Clip '{clipId}' is being changed by others all the time, or scenes of it are missing in Qdrant. Try again; if it stays so, upload it again.");

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
    /// <param name="entry">The write.</param>
    /// <param name="live">The clip as it is after the write; null: there is none, or none of the entry's revisions can be live.</param>
    /// <param name="keepsEntry">Leaves the entry for a sweep.</param>
    private async Task SettleAsync(JournalEntry entry, CommittedClip? live, bool keepsEntry)
    {
        using var limit = new CancellationTokenSource(CleanUpLimit, time);
        if (live is not null)
            seenLive.Add(entry.ClipId, live.Revision);
        try
        {
            await journal.SettleAsync(entry, live?.Revision, keepsEntry, limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is StoreUnavailableException or StoreRefusedException or OperationCanceledException)
        {
            LogLeftBehind(logger, entry.ClipId, exception.Message);
        }
    }

    /// <summary>Cleans up what others left. What fails is logged; a cancellation ends it, so it comes before a write, never after one that took place.</summary>
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
