using CavMae.Retrieval.Index;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Tests.Index;

public sealed class EmbeddedIndexContractTests : SceneIndexContract, IDisposable
{
    private readonly TemporaryFolder temporary = new();
    private DataFolder? folder;

    public void Dispose()
    {
        folder?.Dispose();
        temporary.Dispose();
    }

    protected override async Task<ISceneIndex> OpenAsync(CancellationToken cancellationToken)
    {
        folder = DataFolder.Open(temporary.FullPath);
        return await EmbeddedIndex.OpenAsync(folder, TestClips.ModelId, TestClips.Dimension, cancellationToken: cancellationToken);
    }
}
