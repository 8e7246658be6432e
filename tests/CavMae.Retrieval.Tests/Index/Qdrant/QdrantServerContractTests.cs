using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Tests.Index.Qdrant;

/// <summary>The suite of all stores, against a real Qdrant; skipped where none is reachable.</summary>
public sealed class QdrantServerContractTests : SceneIndexContract, IAsyncDisposable
{
    private readonly string collection = $"cavmae-test-{Guid.NewGuid():N}";
    private string? url;

    protected override int ConcurrentRevisions => 20;

    public async ValueTask DisposeAsync()
    {
        if (url is not null)
            await QdrantServer.RemoveAsync(url, collection);
    }

    protected override async Task<ISceneIndex> OpenAsync(CancellationToken cancellationToken)
    {
        url = await QdrantServer.RequireUrlAsync();
        return await QdrantIndex.OpenAsync(new QdrantIndexOptions { Url = url, Collection = collection }, TestClips.ModelId, TestClips.Dimension, cancellationToken: cancellationToken);
    }
}
