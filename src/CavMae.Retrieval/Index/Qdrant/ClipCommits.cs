using System.Text.Json.Nodes;

namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>A clip as its commit point tells it.</summary>
/// <param name="Revision">The live revision: scenes of any other are not the clip's.</param>
/// <param name="Sequence">Place in the list.</param>
/// <param name="Record">The clip; its metadata is left empty where it was not asked for.</param>
internal sealed record CommittedClip(Guid Revision, long Sequence, ClipRecord Record);

/// <summary>
/// Commit points, one for each clip: a clip is there when its commit point is, with the revision this names. Writing one point is all or nothing
/// in Qdrant, so each change of a clip happens in one step.
/// </summary>
internal sealed class ClipCommits(QdrantClient client, QdrantCollections collections, TimeProvider time)
{
    private static readonly string[] WithMetadata = [ClipPayload.RevisionField, ClipPayload.SequenceField, ClipPayload.RecordField, ClipPayload.MetadataTextField];
    private static readonly string[] WithoutMetadata = [ClipPayload.RevisionField, ClipPayload.SequenceField, ClipPayload.RecordField];

    private static readonly QdrantCondition IsCommitPoint = QdrantCondition.Is(ClipPayload.KindField, ClipPayload.Committed);

    private long lastSequence;

    public async Task<CommittedClip?> FindAsync(string clipId, CancellationToken cancellationToken) =>
        (await FindAsync([clipId], withMetadata: true, cancellationToken).ConfigureAwait(false)).GetValueOrDefault(clipId);

    /// <summary>Those of the clips that are there, by id.</summary>
    public async Task<Dictionary<string, CommittedClip>> FindAsync(IReadOnlyCollection<string> clipIds, bool withMetadata, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, CommittedClip>(StringComparer.Ordinal);
        foreach (var part in clipIds.Chunk(500))
            foreach (var point in await client.RetrieveClipsAsync(collections.Clips, [.. part.Select(PointIds.OfClip)], withMetadata ? WithMetadata : WithoutMetadata, cancellationToken).ConfigureAwait(false))
            {
                var clip = Read(point.Payload);
                found[clip.Record.Id] = clip;
            }
        return found;
    }

    /// <summary>The oldest clip with this content, or null.</summary>
    public async Task<CommittedClip?> FindByContentAsync(string sha256, CancellationToken cancellationToken) =>
        await ScrollAsync([QdrantCondition.Is(ClipPayload.ContentField, sha256)], "asc", null, 1, WithMetadata, Read, cancellationToken).ConfigureAwait(false) is [var oldest, ..] ? oldest : null;

    /// <summary>Clips in list order from a place on, itself included: at most <paramref name="limit"/>. Those at one place come in any order.</summary>
    public Task<IReadOnlyList<CommittedClip>> ListAsync(ClipFilter filter, long? fromSequence, int limit, CancellationToken cancellationToken) =>
        ScrollAsync(FilterTranslation.Translate(filter), "asc", fromSequence, limit, WithMetadata, Read, cancellationToken);

    public Task<long> CountAsync(CancellationToken cancellationToken) => client.CountAsync(collections.Clips, new QdrantFilter { Must = [IsCommitPoint] }, cancellationToken);

    /// <summary>
    /// A place in the list behind every clip that is there: the time, so that a place is never given again, or, where a clock lags, just behind the
    /// last clip. Two processes at the same instant may get the same; the list tells such clips apart by their points' ids.
    /// </summary>
    public async Task<long> NextSequenceAsync(CancellationToken cancellationToken)
    {
        var newest = await ScrollAsync([], "desc", null, 1, [ClipPayload.SequenceField], payload => payload.Sequence ?? 0, cancellationToken).ConfigureAwait(false) is [var last, ..] ? last : 0;
        var microseconds = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        return lastSequence = Math.Max(microseconds, Math.Max(newest, lastSequence) + 1);
    }

    /// <summary>Makes a revision the live one if the clip is still as it was read; else nothing happens.</summary>
    /// <param name="before">The revision that was read; null: there was no clip.</param>
    public Task CommitAsync(CommittedClip clip, string metadataText, FilterCopy copy, Guid? before, CancellationToken cancellationToken)
    {
        var payload = new ClipPayload
        {
            Kind = ClipPayload.Committed,
            Clip = clip.Record.Id,
            Revision = clip.Revision,
            Sequence = clip.Sequence,
            Sha256 = clip.Record.Sha256,
            Record = StoredRecord.Of(clip.Record).ToText(),
            MetadataText = metadataText,
            Tags = copy.Tags,
            Metadata = copy.Metadata,
            Partial = copy.IsPartial ? true : null,
        };
        var point = new PointInput<ClipPayload>(PointIds.OfClip(clip.Record.Id), new Dictionary<string, float[]>(), payload);
        return client.UpsertAsync(collections.Clips, before is { } revision
            ? new UpsertRequest<ClipPayload>([point], new QdrantFilter { Must = [HasRevision(revision)] }, "update_only")
            : new UpsertRequest<ClipPayload>([point], null, "insert_only"), cancellationToken);
    }

    /// <summary>Removes a clip if it is still at this revision; else nothing happens.</summary>
    public Task RemoveAsync(string clipId, Guid revision, CancellationToken cancellationToken) => client.DeleteAsync(collections.Clips,
        new QdrantFilter { Must = [new QdrantCondition { HasId = [PointIds.OfClip(clipId)] }, HasRevision(revision)] }, cancellationToken);

    private async Task<IReadOnlyList<T>> ScrollAsync<T>(IEnumerable<QdrantCondition> conditions, string direction, long? fromSequence, int limit, string[] fields,
        Func<ClipPayload, T> read, CancellationToken cancellationToken)
    {
        var answer = await client.ScrollClipsAsync(collections.Clips, new ScrollRequest
        {
            Filter = new QdrantFilter { Must = [IsCommitPoint, .. conditions] },
            Limit = limit,
            OrderBy = new QdrantOrder(ClipPayload.SequenceField, direction, fromSequence),
            WithPayload = fields,
            WithVector = false,
        }, cancellationToken).ConfigureAwait(false);
        return [.. answer.Points.Select(point => read(point.Payload!))];
    }

    private CommittedClip Read(ClipPayload? payload)
    {
        var record = StoredRecord.Parse(payload?.Record).ToClip(MetadataText.Parse(payload?.MetadataText));
        collections.RequireOwn(record);
        return new CommittedClip(payload?.Revision ?? default, payload?.Sequence ?? 0, record);
    }

    private static QdrantCondition HasRevision(Guid revision) => QdrantCondition.Is(ClipPayload.RevisionField, JsonValue.Create(revision.ToString("D"))!);
}
