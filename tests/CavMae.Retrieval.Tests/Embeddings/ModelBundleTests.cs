using CavMae.Retrieval.Embeddings;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Tests.Embeddings;

/// <summary>Files of a bundle that are not those its manifest names.</summary>
public sealed class ModelBundleTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public ModelBundleTests()
    {
        foreach (string file in Directory.GetFiles(DemoBundle.Folder))
            File.Copy(file, folder.File(Path.GetFileName(file)));
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task OpenAsync_WholeBundle_IsOpened() =>
        Assert.Equal(DemoBundle.Result.ModelId, (await ModelBundle.OpenAsync(folder.FullPath, TestContext.Current.CancellationToken)).Manifest.ModelId);

    [Theory]
    [InlineData(ModelBundle.AudioFile)]
    [InlineData(ModelBundle.VisualFile)]
    public async Task OpenAsync_OneByteChanged_NamesTheFile(string file)
    {
        byte[] bytes = await File.ReadAllBytesAsync(folder.File(file), TestContext.Current.CancellationToken);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(folder.File(file), bytes, TestContext.Current.CancellationToken);

        await AssertRefusedAsync($"'{file}' of the model bundle is damaged or changed");
    }

    [Theory]
    [InlineData(ModelBundle.AudioFile)]
    [InlineData(ModelBundle.VisualFile)]
    public async Task OpenAsync_FileMissing_NamesIt(string file)
    {
        File.Delete(folder.File(file));

        await AssertRefusedAsync($"'{file}' is missing from the model bundle");
    }

    private async Task AssertRefusedAsync(string words) => Assert.Contains(
        words,
        (await Assert.ThrowsAsync<ModelException>(() => ModelBundle.OpenAsync(folder.FullPath, TestContext.Current.CancellationToken))).Message,
        StringComparison.Ordinal);
}
