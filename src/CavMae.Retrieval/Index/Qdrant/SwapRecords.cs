namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>What a reindexed store knows of the one it was made from.</summary>
/// <param name="OldModelId">Model of that store.</param>
/// <param name="Previous">Its collections; null: they are removed, the change is finished.</param>
internal sealed record SwapRecord(string OldModelId, StoreNames? Previous);

/// <summary>
/// Kept in the clips' collection of a reindexed store: where it comes from, and which clips of the old store have been dealt with, by id. Once the store is in use, one of
/// these that is not there any more was removed there; any other clip of the old store came after the swap.
/// </summary>
internal sealed class SwapRecords(QdrantClient client, string clips)
{
    private const int IdsAPoint = 500;

    private static readonly string[] SwapFields = [ClipPayload.OldModelField, ClipPayload.PreviousField];
    private static readonly string[] TakenFields = [ClipPayload.ClipsField];
    private static readonly QdrantFilter IsTaken = new() { Must = [QdrantCondition.Is(ClipPayload.KindField, ClipPayload.Taken)] };

    /// <summary>Null where the store was never made by a reindex.</summary>
    public async Task<SwapRecord?> ReadAsync(CancellationToken cancellationToken)
    {
        var points = await client.RetrieveClipsAsync(clips, [PointIds.OfSwap()], SwapFields, cancellationToken).ConfigureAwait(false);
        return points is [{ Payload.OldModel: { } oldModel } point, ..]
            ? new SwapRecord(oldModel, point.Payload.Previous is [var scenes, var oldClips] ? new StoreNames(scenes, oldClips) : null) : null;
    }

    public Task WriteAsync(SwapRecord record, CancellationToken cancellationToken) => WriteAsync([new PointInput<ClipPayload>(PointIds.OfSwap(), new Dictionary<string, float[]>(), new ClipPayload
    {
        Kind = ClipPayload.Swap,
        OldModel = record.OldModelId,
        Previous = record.Previous is { } previous ? [previous.Scenes, previous.Clips] : null,
    })], cancellationToken);

    public async Task<HashSet<string>> ReadTakenAsync(CancellationToken cancellationToken)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        Guid? offset = null;
        do
        {
            var page = await client.ScrollClipsAsync(clips, new ScrollRequest { Filter = IsTaken, Limit = 20, Offset = offset, WithPayload = TakenFields, WithVector = false }, cancellationToken).ConfigureAwait(false);
            foreach (var point in page.Points)
                taken.UnionWith(point.Payload?.Clips ?? []);
            offset = page.NextPageOffset;
        }
        while (offset is not null);
        return taken;
    }

    /// <summary>These are all, from now on.</summary>
    public async Task ReplaceTakenAsync(IEnumerable<string> clipIds, CancellationToken cancellationToken)
    {
        await RemoveTakenAsync(cancellationToken).ConfigureAwait(false);
        foreach (var part in clipIds.Chunk(IdsAPoint))
            await AddTakenAsync(part, cancellationToken).ConfigureAwait(false);
    }

    public Task AddTakenAsync(IReadOnlyList<string> clipIds, CancellationToken cancellationToken) =>
        WriteAsync([new PointInput<ClipPayload>(PointIds.OfTaken(clipIds[0]), new Dictionary<string, float[]>(), new ClipPayload { Kind = ClipPayload.Taken, Clips = clipIds })], cancellationToken);

    public Task RemoveTakenAsync(CancellationToken cancellationToken) => client.DeleteAsync(clips, IsTaken, cancellationToken);

    private Task WriteAsync(IReadOnlyList<PointInput<ClipPayload>> points, CancellationToken cancellationToken) => client.UpsertAsync(clips, new UpsertRequest<ClipPayload>(points), cancellationToken);
}
