using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Tests.Support;

/// <summary>A store whose next writes and look-ups by content fail as a test wants.</summary>
internal sealed class FaultyIndex(ISceneIndex index) : ISceneIndex
{
    private int upserts;

    /// <summary>The store itself, without faults: as another process has it.</summary>
    public ISceneIndex Inner { get; } = index;

    /// <summary>What the nth write (from 1) ends in before it takes place; null: it takes place.</summary>
    public Func<int, Exception?> BeforeUpsert { get; set; } = static _ => null;

    /// <summary>The same after it took place.</summary>
    public Func<int, Exception?> AfterUpsert { get; set; } = static _ => null;

    /// <summary>What a look-up by content ends in, told how many writes there were; null: it takes place.</summary>
    public Func<int, Exception?> BeforeFind { get; set; } = static _ => null;

    public int Upserts => Volatile.Read(ref upserts);

    public async Task UpsertAsync(ClipRecord clip, IReadOnlyList<SceneEmbedding> scenes, CancellationToken cancellationToken = default)
    {
        int number = Interlocked.Increment(ref upserts);
        Throw(BeforeUpsert(number));
        await Inner.UpsertAsync(clip, scenes, cancellationToken);
        Throw(AfterUpsert(number));
    }

    public Task<ClipRecord?> FindByContentAsync(string sha256, CancellationToken cancellationToken = default)
    {
        Throw(BeforeFind(Upserts));
        return Inner.FindByContentAsync(sha256, cancellationToken);
    }

    public Task<ClipRecord?> UpdateAsync(string clipId, ClipChanges changes, CancellationToken cancellationToken = default) => Inner.UpdateAsync(clipId, changes, cancellationToken);

    public Task<bool> DeleteAsync(string clipId, CancellationToken cancellationToken = default) => Inner.DeleteAsync(clipId, cancellationToken);

    public Task<ClipRecord?> GetAsync(string clipId, CancellationToken cancellationToken = default) => Inner.GetAsync(clipId, cancellationToken);

    public Task<IReadOnlyList<SceneEmbedding>?> GetEmbeddingsAsync(string clipId, CancellationToken cancellationToken = default) => Inner.GetEmbeddingsAsync(clipId, cancellationToken);

    public Task<ClipPage> ListAsync(ClipFilter filter, string? cursor, int limit, CancellationToken cancellationToken = default) => Inner.ListAsync(filter, cursor, limit, cancellationToken);

    public Task<IReadOnlyList<IndexHit>> SearchAsync(IndexQuery query, CancellationToken cancellationToken = default) => Inner.SearchAsync(query, cancellationToken);

    public Task CheckAsync(CancellationToken cancellationToken = default) => Inner.CheckAsync(cancellationToken);

    public Task<IndexCounts> CountAsync(CancellationToken cancellationToken = default) => Inner.CountAsync(cancellationToken);

    public ValueTask DisposeAsync() => Inner.DisposeAsync();

    private static void Throw(Exception? exception)
    {
        if (exception is not null)
            throw exception;
    }
}
