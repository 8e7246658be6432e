using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index.Embedded;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CavMae.Retrieval.Index;

/// <summary>
/// The store that needs no set-up: SQLite holds everything durably, memory holds it all again, and search compares every vector.
/// A write is prepared in memory, committed to disk, then shown to readers in one step: they see it whole or not at all, and
/// neither wait for it nor hold it up.
/// </summary>
public sealed class EmbeddedIndex : ISceneIndex
{
    private readonly string modelId;
    private readonly ClipMemory memory;
    private readonly MemorySearch search;
    private readonly StoreWriter writer;

    private EmbeddedIndex(ClipDatabase database, string modelId, LoadedClips loaded)
    {
        this.modelId = modelId;
        memory = new ClipMemory(loaded.Catalog, loaded.Vectors);
        search = new MemorySearch(memory);
        writer = new StoreWriter(database, memory, loaded.LastSequence);
    }

    /// <summary>Opens the store in a data folder, or makes an empty one for this model, and loads it into memory.</summary>
    /// <param name="folder">Stays the caller's; is disposed of after the index.</param>
    /// <param name="modelId">Model the vectors are from.</param>
    /// <param name="dimension">Numbers in a vector.</param>
    /// <exception cref="ModelMismatchException">The store belongs to another model.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot be read, is damaged, or was written by a newer version.</exception>
    public static Task<EmbeddedIndex> OpenAsync(DataFolder folder, string modelId, int dimension,
        ILogger<EmbeddedIndex>? logger = null, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentException.ThrowIfNullOrEmpty(modelId);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        return Task.Run(() =>
        {
            var database = new ClipDatabase(folder.DatabasePath, modelId, dimension);
            try
            {
                var loader = new ClipLoader(database, logger ?? NullLogger<EmbeddedIndex>.Instance, timeProvider ?? TimeProvider.System);
                return new EmbeddedIndex(database, modelId, loader.Load(modelId, dimension, cancellationToken));
            }
            catch
            {
                database.Dispose();
                throw;
            }
        }, cancellationToken);
    }

    public async Task UpsertAsync(ClipRecord clip, IReadOnlyList<SceneEmbedding> scenes, CancellationToken cancellationToken = default)
    {
        SceneValidation.Check(clip, scenes, modelId, memory.Dimension);
        await writer.UpsertAsync(clip, MetadataText.Write(clip.Metadata), scenes, cancellationToken).ConfigureAwait(false);
    }

    public Task<ClipRecord?> UpdateAsync(string clipId, ClipChanges changes, CancellationToken cancellationToken = default)
    {
        SceneValidation.Check(changes);
        return writer.UpdateAsync(clipId, changes, changes.Metadata is null ? null : MetadataText.Write(changes.Metadata), cancellationToken);
    }

    public Task<bool> DeleteAsync(string clipId, CancellationToken cancellationToken = default) => writer.DeleteAsync(clipId, cancellationToken);

    public Task<ClipRecord?> GetAsync(string clipId, CancellationToken cancellationToken = default) =>
        Read(() => memory.Find(clipId)?.ToRecord(), cancellationToken);

    public Task<ClipRecord?> FindByContentAsync(string sha256, CancellationToken cancellationToken = default) =>
        Read(() => memory.FindOldest(sha256)?.ToRecord(), cancellationToken);

    public Task<IReadOnlyList<SceneEmbedding>?> GetEmbeddingsAsync(string clipId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clipId);
        return Read(() => search.ReadVectors(clipId), cancellationToken);
    }

    public Task<ClipPage> ListAsync(ClipFilter filter, string? cursor, int limit, CancellationToken cancellationToken = default)
    {
        SceneValidation.Check(filter);
        SceneValidation.CheckPageSize(limit);
        var after = cursor is null ? 0 : ListCursor.Read(cursor);
        return Read(() =>
        {
            var found = memory.FindMany(filter, after, limit + 1, cancellationToken);
            var next = found.Count > limit ? ListCursor.Write(found[limit - 1].Sequence) : null;
            return new ClipPage([.. found.Take(limit).Select(clip => clip.ToRecord())], next);
        }, cancellationToken);
    }

    public Task<IReadOnlyList<IndexHit>> SearchAsync(IndexQuery query, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(writer.IsDisposed, this);
        SceneValidation.Check(query, memory.Dimension);
        return Task.Run(() => search.Run(query, cancellationToken), cancellationToken);
    }

    public Task CheckAsync(CancellationToken cancellationToken = default) => writer.CheckAsync(cancellationToken);

    public Task<IndexCounts> CountAsync(CancellationToken cancellationToken = default) => Read(memory.Count, cancellationToken);

    /// <summary>Waits for the write under way, then closes the database. Later calls throw <see cref="ObjectDisposedException"/>.</summary>
    public ValueTask DisposeAsync() => writer.DisposeAsync();

    /// <summary>Reads come from memory and are over at once.</summary>
    private Task<T> Read<T>(Func<T> read, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(writer.IsDisposed, this);
        return cancellationToken.IsCancellationRequested ? Task.FromCanceled<T>(cancellationToken) : Task.FromResult(read());
    }
}
