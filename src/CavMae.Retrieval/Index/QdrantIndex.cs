using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index.Qdrant;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CavMae.Retrieval.Index;

/// <summary>
/// The store for libraries that outgrow one machine: a Qdrant server or cluster, over its REST API, shared by any number of service processes.
/// docs/decisions/0010-qdrant-visibility.md tells how a clip is visible all at once there.
/// </summary>
public sealed class QdrantIndex : ISceneIndex
{
    private const int MaxReadTries = 8;

    private readonly QdrantIndexOptions options;
    private readonly string modelId;
    private readonly int dimension;
    private readonly ILogger<QdrantIndex> logger;
    private readonly QdrantTransport transport;
    private readonly QdrantClient client;
    private readonly QdrantCollections collections;
    private readonly ClipCommits commits;
    private readonly SceneStore scenes;
    private readonly WriteJournal journal;
    private readonly ClipWriter writer;
    private readonly ClipLister lister;
    private readonly SeenRevisions seenLive = new();
    private volatile bool isDisposed;

    private QdrantIndex(QdrantIndexOptions options, string modelId, int dimension, FixedCollections? where, ILogger<QdrantIndex> logger, TimeProvider time)
    {
        this.options = options;
        this.modelId = modelId;
        this.dimension = dimension;
        this.logger = logger;
        transport = new QdrantTransport(options, time, logger);
        client = new QdrantClient(transport, options);
        var setUp = new CollectionSetUp(client, options, modelId, dimension);
        IStorePlace place = where is { } given ? new FixedPlace(setUp, given.Names, given.Makes) : new NamedPlace(client, setUp, options.Collection, modelId);
        collections = new QdrantCollections(client, place, setUp, modelId);
        commits = new ClipCommits(client, collections, time);
        scenes = new SceneStore(client, collections, options);
        journal = new WriteJournal(client, collections, commits, scenes, options, time);
        writer = new ClipWriter(commits, scenes, journal, seenLive, hasReplicas: options.ReplicationFactor > 1, time, logger);
        lister = new ClipLister(commits);
    }

    /// <summary>
    /// Opens the store, or makes an empty one for this model. A server that is down does not stop it: calls say so until it is up, and then the
    /// store is made or checked.
    /// </summary>
    /// <param name="modelId">Model the vectors are from.</param>
    /// <param name="dimension">Numbers in a vector.</param>
    /// <exception cref="ModelMismatchException">The store belongs to another model.</exception>
    public static Task<QdrantIndex> OpenAsync(QdrantIndexOptions options, string modelId, int dimension,
        ILogger<QdrantIndex>? logger = null, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default) =>
        OpenAsync(options, modelId, dimension, null, logger, timeProvider, cancellationToken);

    /// <param name="where">The collections themselves, whatever the store's name stands for; null: those that it stands for.</param>
    internal static async Task<QdrantIndex> OpenAsync(QdrantIndexOptions options, string modelId, int dimension, FixedCollections? where,
        ILogger<QdrantIndex>? logger, TimeProvider? timeProvider, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(modelId);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        var index = new QdrantIndex(options, modelId, dimension, where, logger ?? NullLogger<QdrantIndex>.Instance, timeProvider ?? TimeProvider.System);
        try
        {
            await index.collections.EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
            await index.writer.SweepAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException exception)
        {
            QdrantLog.NotAvailableAtStart(index.logger, exception.Message);
        }
        catch
        {
            await index.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        return index;
    }

    public Task UpsertAsync(ClipRecord clip, IReadOnlyList<SceneEmbedding> scenes, CancellationToken cancellationToken = default)
    {
        SceneValidation.Check(clip, scenes, modelId, dimension);
        var metadata = MetadataText.Write(clip.Metadata);
        return RunAsync(async () =>
        {
            await writer.SweepAsync(cancellationToken).ConfigureAwait(false);
            await collections.CheckStillOursAsync(cancellationToken).ConfigureAwait(false);
            await writer.UpsertAsync(clip, metadata, scenes, cancellationToken).ConfigureAwait(false);
            return true;
        }, cancellationToken);
    }

    /// <summary>Stores a clip whose id is free; false where it is not: what is there stays as it is.</summary>
    internal Task<bool> AddAsync(ClipRecord clip, IReadOnlyList<SceneEmbedding> scenes, CancellationToken cancellationToken)
    {
        SceneValidation.Check(clip, scenes, modelId, dimension);
        return RunAsync(async () =>
        {
            await collections.CheckStillOursAsync(cancellationToken).ConfigureAwait(false);
            return await writer.AddAsync(clip, MetadataText.Write(clip.Metadata), scenes, cancellationToken).ConfigureAwait(false);
        }, cancellationToken);
    }

    public Task<ClipRecord?> UpdateAsync(string clipId, ClipChanges changes, CancellationToken cancellationToken = default)
    {
        SceneValidation.Check(changes);
        var metadata = changes.Metadata is null ? null : MetadataText.Write(changes.Metadata);
        return RunAsync(() => writer.UpdateAsync(clipId, changes, metadata, cancellationToken), cancellationToken);
    }

    public Task<bool> DeleteAsync(string clipId, CancellationToken cancellationToken = default) =>
        RunAsync(() => writer.DeleteAsync(clipId, cancellationToken), cancellationToken);

    public Task<ClipRecord?> GetAsync(string clipId, CancellationToken cancellationToken = default) =>
        RunAsync(async () => (await commits.FindAsync(clipId, cancellationToken).ConfigureAwait(false))?.Record, cancellationToken);

    public Task<ClipRecord?> FindByContentAsync(string sha256, CancellationToken cancellationToken = default) =>
        RunAsync(async () => (await commits.FindByContentAsync(sha256, cancellationToken).ConfigureAwait(false))?.Record, cancellationToken);

    public Task<IReadOnlyList<SceneEmbedding>?> GetEmbeddingsAsync(string clipId, CancellationToken cancellationToken = default) => RunAsync(async () =>
    {
        for (var i = 0; i < MaxReadTries; i++)
        {
            if (await commits.FindAsync(clipId, cancellationToken).ConfigureAwait(false) is not { } clip)
                return null;
            // Scenes that are missing: the clip was replaced or removed after its commit point was read.
            if (await this.scenes.ReadAsync(clip, cancellationToken).ConfigureAwait(false) is { } embeddings)
                return embeddings;
        }
        throw new StoreUnavailableException($"Clip '{clipId}' changes all the time, or scenes of it are missing in Qdrant. Try again; if it stays so, upload it again.");
    }, cancellationToken);

    public Task<ClipPage> ListAsync(ClipFilter filter, string? cursor, int limit, CancellationToken cancellationToken = default)
    {
        SceneValidation.Check(filter);
        SceneValidation.CheckPageSize(limit);
        if (cursor is not null)
            _ = QdrantCursor.Read(cursor);
        return RunAsync(() => lister.ListAsync(filter, cursor, limit, cancellationToken), cancellationToken);
    }

    public Task<IReadOnlyList<IndexHit>> SearchAsync(IndexQuery query, CancellationToken cancellationToken = default)
    {
        SceneValidation.Check(query, dimension);
        return RunAsync(() => new SceneSearch(client, collections, commits, scenes, options, seenLive, logger, query, dimension).RunAsync(cancellationToken), cancellationToken);
    }

    public Task CheckAsync(CancellationToken cancellationToken = default) => RunAsync(() => commits.CountAsync(cancellationToken), cancellationToken);

    public Task<IndexCounts> CountAsync(CancellationToken cancellationToken = default) => RunAsync(async () =>
    {
        var hidden = await journal.ReadHiddenRevisionsAsync(cancellationToken).ConfigureAwait(false);
        return new IndexCounts(await commits.CountAsync(cancellationToken).ConfigureAwait(false), await scenes.CountAsync(hidden, cancellationToken).ConfigureAwait(false));
    }, cancellationToken);

    /// <summary>Closes the connections; once more, it does nothing. Later calls throw <see cref="ObjectDisposedException"/>.</summary>
    public ValueTask DisposeAsync()
    {
        if (isDisposed)
            return ValueTask.CompletedTask;
        isDisposed = true;
        transport.Dispose();
        collections.Dispose();
        writer.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Every call makes sure first that the collections are there and ours; after a failure that is asked again.</summary>
    private async Task<T> RunAsync<T>(Func<Task<T>> act, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            await collections.EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
            return await act().ConfigureAwait(false);
        }
        catch (ModelMismatchException exception)
        {
            // At start it ends the service; in a running one it lasts until the operator puts the right collections back.
            collections.Doubt();
            throw new StoreUnavailableException($"Qdrant has come back with the store of another model. {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is StoreUnavailableException or StoreRefusedException)
        {
            collections.Doubt();
            throw;
        }
    }
}

/// <param name="Names">Real collections.</param>
/// <param name="Makes">Whether they are made where missing.</param>
internal sealed record FixedCollections(StoreNames Names, bool Makes);

internal static partial class QdrantLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The store is not available yet; the service starts without it and asks again with each request. {Reason}")]
    public static partial void NotAvailableAtStart(ILogger logger, string reason);
}
