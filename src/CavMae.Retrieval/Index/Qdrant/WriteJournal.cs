namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>A write under way.</summary>
/// <param name="Revisions">Revisions that are to be removed unless the clip's commit point names them.</param>
internal sealed record JournalEntry(Guid Id, string ClipId, IReadOnlyList<Guid> Revisions, DateTimeOffset Started);

/// <summary>
/// Writes under way, noted in the clips' collection before the first scene is written and struck off after the last dead one is removed. What a
/// process leaves that dies in between is found here by any other, and cleaned up once it is older than any write can be.
/// </summary>
internal sealed class WriteJournal(QdrantClient client, QdrantCollections collections, ClipCommits commits, SceneStore scenes, QdrantIndexOptions options, TimeProvider time)
{
    private static readonly string[] Fields = [ClipPayload.ClipField, ClipPayload.RevisionsField, ClipPayload.StartedField];

    private long nextSweepTicks;

    /// <param name="revisions">The revision about to be written, if any, and the one it replaces, if any; at least one.</param>
    public async Task<JournalEntry> BeginAsync(string clipId, IReadOnlyList<Guid> revisions, CancellationToken cancellationToken)
    {
        var entry = new JournalEntry(PointIds.OfJournal(Guid.CreateVersion7(time.GetUtcNow())), clipId, revisions, time.GetUtcNow());
        await WriteAsync(entry, cancellationToken).ConfigureAwait(false);
        return entry;
    }

    /// <summary>Notes that the write replaces one more revision; it is as old as before.</summary>
    public async Task<JournalEntry> AddAsync(JournalEntry entry, Guid revision, CancellationToken cancellationToken)
    {
        var added = entry with { Revisions = [.. entry.Revisions, revision] };
        await WriteAsync(added, cancellationToken).ConfigureAwait(false);
        return added;
    }

    /// <summary>
    /// A write that has taken half the time after which others clean it up must not commit any more. The store is not what is missing, and the same
    /// write may well take as long again, so this is no <see cref="StoreUnavailableException"/>, which jobs wait for without end.
    /// </summary>
    /// <exception cref="TimeoutException">It has.</exception>
    public void RequireFresh(JournalEntry entry)
    {
        if (time.GetUtcNow() - entry.Started > options.AbandonedAfter / 2)
            throw new TimeoutException(
                $"Writing clip '{entry.ClipId}' to Qdrant took longer than half of Index:Qdrant:AbandonedAfter ({options.AbandonedAfter}) and was given up; " +
                "the clip is as it was. Raise that setting in every service on this store, or give Qdrant more to work with.");
    }

    /// <summary>Removes what is dead of a write that is over, then the entry. Harmless when done twice, by whomever.</summary>
    /// <param name="live">The clip's live revision after the write; null: there is no clip.</param>
    /// <param name="keepsEntry">Leaves the entry for a sweep, which does it all again.</param>
    public async Task SettleAsync(JournalEntry entry, Guid? live, bool keepsEntry, CancellationToken cancellationToken)
    {
        // A revision that is not live after its write is over never will be.
        Guid[] dead = [.. entry.Revisions.Where(revision => revision != live)];
        if (dead.Length > 0)
            await scenes.DeleteAsync(entry.ClipId, dead, cancellationToken).ConfigureAwait(false);
        if (!keepsEntry)
            await client.DeleteAsync(collections.Clips, [entry.Id], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Settles what processes that died have left; at most once in <see cref="QdrantIndexOptions.AbandonedAfter"/>.</summary>
    /// <returns>Writes settled.</returns>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var due = Interlocked.Read(ref nextSweepTicks);
        if (now.UtcTicks < due || Interlocked.CompareExchange(ref nextSweepTicks, (now + options.AbandonedAfter).UtcTicks, due) != due)
            return 0;
        var settled = 0;
        foreach (var entry in await ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (now - entry.Started < options.AbandonedAfter)
                continue;
            var live = await commits.FindAsync(entry.ClipId, cancellationToken).ConfigureAwait(false);
            await SettleAsync(entry, live?.Revision, keepsEntry: false, cancellationToken).ConfigureAwait(false);
            settled++;
        }
        return settled;
    }

    /// <summary>Revisions whose scenes are there and count for nothing, now: not yet committed, or not yet removed.</summary>
    public async Task<IReadOnlyCollection<Guid>> ReadHiddenRevisionsAsync(CancellationToken cancellationToken)
    {
        var entries = await ReadAllAsync(cancellationToken).ConfigureAwait(false);
        var live = await commits.FindAsync([.. entries.Select(entry => entry.ClipId).Distinct(StringComparer.Ordinal)], withMetadata: false, cancellationToken).ConfigureAwait(false);
        return [.. entries.SelectMany(entry => entry.Revisions.Where(revision => revision != live.GetValueOrDefault(entry.ClipId)?.Revision)).Distinct()];
    }

    private Task WriteAsync(JournalEntry entry, CancellationToken cancellationToken)
    {
        var payload = new ClipPayload { Kind = ClipPayload.UnderWay, Clip = entry.ClipId, Revisions = entry.Revisions, Started = entry.Started.ToUnixTimeMilliseconds() };
        return client.UpsertAsync(collections.Clips, new UpsertRequest<ClipPayload>([new PointInput<ClipPayload>(entry.Id, new Dictionary<string, float[]>(), payload)]), cancellationToken);
    }

    private async Task<List<JournalEntry>> ReadAllAsync(CancellationToken cancellationToken)
    {
        var entries = new List<JournalEntry>();
        Guid? offset = null;
        do
        {
            var page = await client.ScrollClipsAsync(collections.Clips, new ScrollRequest
            {
                Filter = new QdrantFilter { Must = [QdrantCondition.Is(ClipPayload.KindField, ClipPayload.UnderWay)] },
                Limit = 500,
                Offset = offset,
                WithPayload = Fields,
                WithVector = false,
            }, cancellationToken).ConfigureAwait(false);
            foreach (var point in page.Points)
                if (point.Payload is { Clip: { } clipId, Revisions: { } revisions, Started: { } started })
                    entries.Add(new JournalEntry(point.Id, clipId, revisions, DateTimeOffset.FromUnixTimeMilliseconds(started)));
            offset = page.NextPageOffset;
        }
        while (offset is not null);
        return entries;
    }
}
