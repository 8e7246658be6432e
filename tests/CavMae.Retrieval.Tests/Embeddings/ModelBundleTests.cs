using CavMae.Export;
using CavMae.Retrieval.Embeddings;
using CavMae.Tests.Shared;
using Microsoft.Extensions.Logging.Abstractions;

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

    [Fact]
    public async Task GraphPath_BundleOfBothKinds_GivesAGpuItsOwn()
    {
        ModelBundle half = await ModelBundle.OpenAsync(DemoBundle.Export("half", ExportPrecision.Fp16), TestContext.Current.CancellationToken);
        ModelBundle whole = await ModelBundle.OpenAsync(DemoBundle.Folder, TestContext.Current.CancellationToken);

        Assert.Equal("audio.gpu.onnx", Path.GetFileName(half.GraphPath(ModelBundle.AudioFile, isGpu: true)));
        Assert.Equal("visual.onnx", Path.GetFileName(half.GraphPath(ModelBundle.VisualFile, isGpu: false)));
        Assert.Equal("visual.onnx", Path.GetFileName(whole.GraphPath(ModelBundle.VisualFile, isGpu: true)));
    }

    [Theory]
    [InlineData(ExportPrecision.Int8, ExecutionProvider.Cuda, "is an int8 bundle, which is for CPUs")]
    [InlineData(ExportPrecision.Int8, ExecutionProvider.TensorRt, "is an int8 bundle, which is for CPUs")]
    [InlineData(ExportPrecision.Fp16, ExecutionProvider.TensorRt, "--standard-operators")]
    public async Task EnsureSuits_BundleThatIsNotForTheProvider_SaysWhichOneIs(ExportPrecision precision, ExecutionProvider provider, string words)
    {
        ModelBundle bundle = await ModelBundle.OpenAsync(DemoBundle.Export("other", precision), TestContext.Current.CancellationToken);

        Assert.Contains(words, Assert.Throws<ModelException>(() => EncoderSessions.EnsureSuits(bundle.Manifest, provider)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EnsureSuits_TensorRtMayRoundFloat32_AsksForTheVariableThatForbidsIt()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("NVIDIA_TF32_OVERRIDE") == "0", "NVIDIA_TF32_OVERRIDE is 0 here");
        ModelManifest whole = (await ModelBundle.OpenAsync(DemoBundle.Folder, TestContext.Current.CancellationToken)).Manifest with { StandardOperators = true };

        Assert.Contains("NVIDIA_TF32_OVERRIDE=0", Assert.Throws<ModelException>(() => EncoderSessions.EnsureSuits(whole, ExecutionProvider.TensorRt)).Message, StringComparison.Ordinal);
        EncoderSessions.EnsureSuits(whole with { Precision = "fp16" }, ExecutionProvider.TensorRt);
        EncoderSessions.EnsureSuits(whole, ExecutionProvider.Cuda);
    }

    [Fact]
    public async Task Open_Int8OnAuto_RunsOnTheCpu()
    {
        ModelBundle bundle = await ModelBundle.OpenAsync(DemoBundle.Export("int8", ExportPrecision.Int8), TestContext.Current.CancellationToken);

        using EncoderSessions sessions = EncoderSessions.Open(bundle, new ModelOptions { ExecutionProvider = ExecutionProvider.Auto }, NullLogger.Instance);

        Assert.Equal(ExecutionProvider.Cpu, sessions.Provider);
    }

    private async Task AssertRefusedAsync(string words) => Assert.Contains(
        words,
        (await Assert.ThrowsAsync<ModelException>(() => ModelBundle.OpenAsync(folder.FullPath, TestContext.Current.CancellationToken))).Message,
        StringComparison.Ordinal);
}
