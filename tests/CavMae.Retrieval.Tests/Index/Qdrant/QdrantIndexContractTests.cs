using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Tests.Index.Qdrant;

/// <summary>The suite of all stores, against the small Qdrant of these tests.</summary>
public sealed class QdrantIndexContractTests : SceneIndexContract, IDisposable
{
    private readonly FakeQdrant server = new();

    /// <summary>Every write is several requests here, each checked against the contract.</summary>
    protected override int ConcurrentRevisions => 20;

    public void Dispose()
    {
        server.Dispose();
        Assert.True(server.Violations.IsEmpty, string.Join('\n', server.Violations));
    }

    protected override async Task<ISceneIndex> OpenAsync(CancellationToken cancellationToken) =>
        await QdrantIndex.OpenAsync(new QdrantIndexOptions { Url = server.Url }, TestClips.ModelId, TestClips.Dimension, cancellationToken: cancellationToken);
}
