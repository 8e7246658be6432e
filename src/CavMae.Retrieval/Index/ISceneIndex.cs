using CavMae.Retrieval.Embeddings;

namespace CavMae.Retrieval.Index;

/// <summary>
/// The store of clips, scenes and vectors. A clip with all its scenes becomes visible at once or not at all, to searches and
/// reads alike, and what a call has acknowledged survives a crash. Every member may be called from any thread.
/// </summary>
/// <remarks>Each store belongs to one model id; opening it for another model throws <see cref="ModelMismatchException"/>.
/// Where a server comes back with one of another model later, calls throw <see cref="StoreUnavailableException"/>.</remarks>
public interface ISceneIndex : IAsyncDisposable
{
    /// <summary>Stores a clip; a clip of the same id is replaced and keeps its place in <see cref="ListAsync"/>.</summary>
    /// <param name="clip">The clip; its <see cref="ClipRecord.Scenes"/> agree with <paramref name="scenes"/> one by one.</param>
    /// <param name="scenes">The vectors, each of unit length and the store's dimension.</param>
    /// <exception cref="ArgumentException">Scenes that do not agree, a vector of another length, not finite, or not of unit length (±1e-3).</exception>
    /// <exception cref="StoreUnavailableException">The store cannot be written now.</exception>
    /// <exception cref="StoreRefusedException">The store does not take this clip.</exception>
    Task UpsertAsync(ClipRecord clip, IReadOnlyList<SceneEmbedding> scenes, CancellationToken cancellationToken = default);

    /// <summary>
    /// Changes a clip's title, tags or metadata, all at once or not at all. Its place in the list, its scenes and their vectors stay; readers see
    /// the clip before or after the change.
    /// </summary>
    /// <returns>The clip as it is from now on; null where there is none of this id.</returns>
    /// <exception cref="ArgumentException">Text that a store could not give back as it came.</exception>
    Task<ClipRecord?> UpdateAsync(string clipId, ClipChanges changes, CancellationToken cancellationToken = default);

    /// <summary>Removes a clip; false where there is none of this id.</summary>
    Task<bool> DeleteAsync(string clipId, CancellationToken cancellationToken = default);

    Task<ClipRecord?> GetAsync(string clipId, CancellationToken cancellationToken = default);

    /// <summary>The oldest clip with this content, or null.</summary>
    Task<ClipRecord?> FindByContentAsync(string sha256, CancellationToken cancellationToken = default);

    /// <summary>A stored clip's vectors in scene order; null where there is no such clip.</summary>
    Task<IReadOnlyList<SceneEmbedding>?> GetEmbeddingsAsync(string clipId, CancellationToken cancellationToken = default);

    /// <summary>Clips in the order of their first upload. The cursor stays valid while clips come and go: nothing is given twice or left out.</summary>
    /// <param name="filter">Which clips are listed.</param>
    /// <param name="cursor">Where the page before ended; null for the first page.</param>
    /// <param name="limit">Most clips of the page, 1 to 1000.</param>
    /// <exception cref="InvalidCursorException">A cursor this store did not give.</exception>
    /// <exception cref="ArgumentException">A limit out of range, or a condition without a path, value or bound.</exception>
    Task<ClipPage> ListAsync(ClipFilter filter, string? cursor, int limit, CancellationToken cancellationToken = default);

    /// <summary>Exact search; see <see cref="IndexQuery"/> and <see cref="IndexHit"/> for score and order.</summary>
    /// <exception cref="ArgumentException">No query scene, a vector of another length, or a condition without a path, value or bound.</exception>
    Task<IReadOnlyList<IndexHit>> SearchAsync(IndexQuery query, CancellationToken cancellationToken = default);

    /// <summary>Asks the store itself, not what is kept of it in memory.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be read or written now.</exception>
    Task CheckAsync(CancellationToken cancellationToken = default);

    Task<IndexCounts> CountAsync(CancellationToken cancellationToken = default);
}

/// <param name="Items">The page.</param>
/// <param name="NextCursor">Asks for the page after; null at the end.</param>
public sealed record ClipPage(IReadOnlyList<ClipRecord> Items, string? NextCursor);

public sealed record IndexCounts(long Clips, long Scenes);

/// <summary>A store that holds vectors of another model.</summary>
public sealed class ModelMismatchException(string storeModelId, string modelId, string message) : Exception(message)
{
    public string StoreModelId { get; } = storeModelId;
    public string ModelId { get; } = modelId;
}

/// <summary>A data folder that another process works on.</summary>
public sealed class StoreInUseException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>A store that cannot be read or written now; it can again once time or the operator, as the message says, has mended it.</summary>
public sealed class StoreUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The answer to a write is lost: it may have taken place, or may yet.</summary>
    public bool MayHaveTakenPlace { get; init; }
}

/// <summary>A store that works and refuses this request for what it holds: the same request again ends the same way.</summary>
public sealed class StoreRefusedException(string message) : Exception(message);

public sealed class InvalidCursorException(string message) : Exception(message);
