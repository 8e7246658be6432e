using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index.Qdrant;
using Microsoft.Extensions.Logging;

namespace CavMae.Retrieval.Index;

/// <summary>How far a store's change to another model is.</summary>
public enum StoreChangeStage
{
    /// <summary>The store's name stands for the collections of the old model; those of the new one are being filled.</summary>
    Filling,

    /// <summary>It stands for those of the new model; those of the old one are still there.</summary>
    Swapped,

    /// <summary>The store is of the new model, and nothing is left of another.</summary>
    Done,
}

/// <summary>
/// The change of a store in Qdrant to another model: new collections beside those in use, one request that moves the store's aliases to them, and what is left to do after.
/// docs/decisions/0014-reindexing.md tells how.
/// </summary>
public sealed class QdrantStoreChange : IAsyncDisposable
{
    private readonly QdrantTransport transport;
    private readonly QdrantClient client;
    private readonly QdrantIndexOptions options;
    private readonly StoreAliases aliases;
    private StoreNames oldNames = null!, newNames = null!;
    private QdrantIndex? oldIndex;
    private QdrantIndex newIndex = null!;

    private QdrantStoreChange(QdrantIndexOptions options, ILogger logger, TimeProvider time)
    {
        this.options = options;
        transport = new QdrantTransport(options, time, logger);
        client = new QdrantClient(transport, options);
        aliases = new StoreAliases(client, options.Collection);
    }

    public StoreChangeStage Stage { get; private set; }

    /// <summary>Model the store was of, or still is; null where it was never of another.</summary>
    public string? OldModelId { get; private set; }

    /// <summary>The store of the new model.</summary>
    public ISceneIndex New => newIndex;

    /// <param name="options">Where the store is.</param>
    /// <param name="modelId">The new model.</param>
    /// <param name="dimension">Numbers in its vectors.</param>
    /// <param name="loggers">Told of failures that are tried again.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops opening.</param>
    /// <exception cref="StoreUnavailableException">There is no store, or none behind aliases; it is in the middle of another change; or Qdrant cannot be reached.</exception>
    public static async Task<QdrantStoreChange> OpenAsync(QdrantIndexOptions options, string modelId, int dimension, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var change = new QdrantStoreChange(options, loggers.CreateLogger<QdrantStoreChange>(), time);
        try
        {
            await change.FindOutAsync(modelId, dimension, loggers.CreateLogger<QdrantIndex>(), time, cancellationToken).ConfigureAwait(false);
            return change;
        }
        catch
        {
            await change.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The clips of the old store as they are now, in list order.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be read.</exception>
    public Task<List<ClipRecord>> ReadOldAsync(CancellationToken cancellationToken) => ReadAsync(clip => true, cancellationToken);

    /// <summary>While the new store is filled: makes sure that it is not in use yet.</summary>
    /// <exception cref="StoreUnavailableException">The store's name stands for other collections than when this was opened.</exception>
    public async Task RequireUnchangedAsync(CancellationToken cancellationToken)
    {
        if (await aliases.FindAsync(cancellationToken).ConfigureAwait(false) != oldNames)
            throw new StoreUnavailableException($"Another reindex has moved the store '{options.Collection}' meanwhile. Run this again to see what is left to do.");
    }

    /// <summary>Puts the new store in place of the old one.</summary>
    /// <param name="dealtWith">Ids of the old store's clips that the new one has, or leaves out: none of them is brought over any more.</param>
    /// <param name="cancellationToken">Stops before the swap.</param>
    /// <exception cref="StoreUnavailableException">The old store is in use still.</exception>
    internal async Task SwapAsync(IEnumerable<string> dealtWith, CancellationToken cancellationToken)
    {
        var records = new SwapRecords(client, newNames.Clips);
        await records.ReplaceTakenAsync(dealtWith, cancellationToken).ConfigureAwait(false);
        await records.WriteAsync(new SwapRecord(OldModelId!, oldNames), cancellationToken).ConfigureAwait(false);
        await RequireUnchangedAsync(cancellationToken).ConfigureAwait(false);
        await aliases.MoveAsync(oldNames, newNames, cancellationToken).ConfigureAwait(false);
        Stage = StoreChangeStage.Swapped;
    }

    /// <summary>Clips that services with the old model took after the swap, and that are not brought over yet.</summary>
    internal async Task<List<ClipRecord>> ReadLateAsync(CancellationToken cancellationToken)
    {
        var taken = await new SwapRecords(client, newNames.Clips).ReadTakenAsync(cancellationToken).ConfigureAwait(false);
        return await ReadAsync(clip => !taken.Contains(clip.Id), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Brings a late clip over, unless the new store has one of its id, and never again.</summary>
    internal async Task<bool> AddLateAsync(ClipRecord clip, IReadOnlyList<SceneEmbedding> scenes, CancellationToken cancellationToken)
    {
        var isAdded = await newIndex.AddAsync(clip, scenes, cancellationToken).ConfigureAwait(false);
        // A kill in between: the next run finds the clip there, and notes it then.
        await new SwapRecords(client, newNames.Clips).AddTakenAsync([clip.Id], cancellationToken).ConfigureAwait(false);
        return isAdded;
    }

    /// <summary>Removes the old store, for good; goes on where it was stopped.</summary>
    internal async Task FinishAsync(CancellationToken cancellationToken)
    {
        var records = new SwapRecords(client, newNames.Clips);
        await aliases.RemovePreviousAsync(cancellationToken).ConfigureAwait(false);
        // Without the clips there is nothing to read any more, and no late clip to be brought over.
        await client.DeleteCollectionAsync(oldNames.Clips, cancellationToken).ConfigureAwait(false);
        await client.DeleteCollectionAsync(oldNames.Scenes, cancellationToken).ConfigureAwait(false);
        await records.WriteAsync(new SwapRecord(OldModelId!, null), cancellationToken).ConfigureAwait(false);
        await records.RemoveTakenAsync(cancellationToken).ConfigureAwait(false);
        Stage = StoreChangeStage.Done;
    }

    public async ValueTask DisposeAsync()
    {
        if (oldIndex is not null)
            await oldIndex.DisposeAsync().ConfigureAwait(false);
        if (newIndex is not null)
            await newIndex.DisposeAsync().ConfigureAwait(false);
        transport.Dispose();
    }

    private async Task FindOutAsync(string modelId, int dimension, ILogger<QdrantIndex> logger, TimeProvider time, CancellationToken cancellationToken)
    {
        var current = await aliases.FindAsync(cancellationToken).ConfigureAwait(false) ?? throw await RefuseAsync(cancellationToken).ConfigureAwait(false);
        var setUp = new CollectionSetUp(client, options, modelId, dimension);
        var mark = await setUp.ReadMarkAsync(current.Clips, cancellationToken).ConfigureAwait(false)
            ?? throw new StoreUnavailableException($"The Qdrant collection '{current.Clips}' of the store '{options.Collection}' is gone. Restore it from a snapshot.");
        var swap = await new SwapRecords(client, current.Clips).ReadAsync(cancellationToken).ConfigureAwait(false);
        var isOfNewModel = mark.ModelId == modelId;
        if (!isOfNewModel && swap?.Previous is not null)
            throw new StoreUnavailableException($"The store '{options.Collection}' is of model '{mark.ModelId}', and that of '{swap.OldModelId}' before is still there. Run cavmae reindex --finish with model '{mark.ModelId}' first; nothing was done.");
        Stage = !isOfNewModel ? StoreChangeStage.Filling : swap?.Previous is not null ? StoreChangeStage.Swapped : StoreChangeStage.Done;
        (OldModelId, oldNames, newNames) = isOfNewModel ? (swap?.OldModelId, swap?.Previous!, current) : (mark.ModelId, current, StoreNames.OfModel(options.Collection, modelId));
        if (Stage is StoreChangeStage.Filling)
            await aliases.RequirePreviousFreeAsync(cancellationToken).ConfigureAwait(false);
        var oldMark = Stage is StoreChangeStage.Done ? null : await setUp.ReadMarkAsync(oldNames.Clips, cancellationToken).ConfigureAwait(false);
        if (oldMark is not null)
            oldIndex = await OpenAsync(oldMark.ModelId!, oldMark.Dimension!.Value, new FixedCollections(oldNames, Makes: false)).ConfigureAwait(false);
        newIndex = await OpenAsync(modelId, dimension, new FixedCollections(newNames, Makes: Stage is StoreChangeStage.Filling)).ConfigureAwait(false);

        Task<QdrantIndex> OpenAsync(string id, int numbers, FixedCollections where) => QdrantIndex.OpenAsync(options, id, numbers, where, logger, time, cancellationToken);
    }

    private async Task<StoreUnavailableException> RefuseAsync(CancellationToken cancellationToken) => new(
        await client.GetCollectionAsync(options.Collection, cancellationToken).ConfigureAwait(false) is null
            ? $"There is no store '{options.Collection}' in Qdrant at '{options.Url}'. A service that starts makes it."
            : $"'{options.Collection}' is a plain Qdrant collection, and no alias that could be moved to another. Export it (cavmae export-index), import it with the same model under "
                + "another name (Index:Qdrant:Collection, cavmae import-index), and reindex that. Nothing was done.");

    private async Task<List<ClipRecord>> ReadAsync(Func<ClipRecord, bool> isWanted, CancellationToken cancellationToken) =>
        oldIndex is null ? [] : await oldIndex.ListAllAsync(ClipFilter.None, cancellationToken).Where(isWanted).ToListAsync(cancellationToken).ConfigureAwait(false);
}
