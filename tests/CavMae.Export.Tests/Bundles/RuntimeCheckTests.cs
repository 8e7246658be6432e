using CavMae.Export.Bundles;
using CavMae.Export.Graphs;
using CavMae.Export.Tests.Support;

namespace CavMae.Export.Tests.Bundles;

/// <summary>What an optimized graph must hold.</summary>
public sealed class RuntimeCheckTests(TinyModel tiny) : IClassFixture<TinyModel>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static readonly EncoderSizes Sizes = new(EmbedDim: 32, Heads: 4, MlpWidth: 128, ModalityBlocks: 11, SharedBlocks: 1);

    [Fact]
    public void FindMissingFusions_AllThere_SaysNothing()
    {
        Assert.Equal("", RuntimeCheck.FindMissingFusions(Operators(attention: 12, biasGelu: 12, gelu: 0, wholeNumbers: 0), Sizes, new GraphOptions()));
        Assert.Equal("", RuntimeCheck.FindMissingFusions(Operators(attention: 0, biasGelu: 12, gelu: 0, wholeNumbers: 0), Sizes, new GraphOptions { StandardOperatorsOnly = true }));
        Assert.Equal("", RuntimeCheck.FindMissingFusions(Operators(attention: 12, biasGelu: 1, gelu: 11, wholeNumbers: 46), Sizes,
            new GraphOptions { Precision = ExportPrecision.Int8, FloatLayers = new HashSet<string> { "blocks_a.0.mlp.fc1", "blocks_u.0.attn.qkv" } }));
    }

    [Theory]
    [InlineData(11, 12, 48, "11 fused attention instead of 12")]
    [InlineData(12, 0, 48, "0 fused GELU instead of 12")]
    [InlineData(12, 12, 47, "47 int8 layers instead of 48")]
    public void FindMissingFusions_OneMissing_NamesIt(int attention, int gelu, int wholeNumbers, string expected) => Assert.Equal(expected,
        RuntimeCheck.FindMissingFusions(Operators(attention, biasGelu: 0, gelu, wholeNumbers), Sizes, new GraphOptions { Precision = ExportPrecision.Int8 }));

    [Fact]
    public void Run_GraphThatIsNotWhatWasAsked_IsRefused()
    {
        // A float32 graph where an int8 one is expected; and one whose last norm gives nothing but zeros, which no vector can be made of.
        ExportException unfused = Assert.Throws<ExportException>(() => RuntimeCheck.Run(
            tiny.Result.Folder, "visual.onnx", Modality.Visual, Sizes, new GraphOptions { Precision = ExportPrecision.Int8 }));
        Assert.Contains("0 int8 layers instead of 48", unfused.Message, StringComparison.Ordinal);

        string checkpoint = ChangedCheckpoint.Write(folder.File("zeros.pth"), tensor => tensor.Name.StartsWith("norm_v.", StringComparison.Ordinal) ? ChangedCheckpoint.Zeros(tensor.Name, [.. tensor.Shape]) : tensor);
        ExportException zeros = Assert.Throws<ExportException>(() => BundleExporter.Export(
            TinyModel.Options(folder.File("bundle")) with { CheckpointPath = checkpoint }, null, TestContext.Current.CancellationToken));
        Assert.Contains("visual.onnx gives no unit vector", zeros.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(folder.FullPath));
        Assert.Equal(["audio.onnx", "encoders.onnx.data", "model.json", "visual.onnx"], Directory.GetFiles(tiny.Result.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private static Dictionary<string, int> Operators(int attention, int biasGelu, int gelu, int wholeNumbers) => new(StringComparer.Ordinal)
    {
        ["MultiHeadAttention"] = attention,
        ["Gelu"] = gelu,
        ["BiasGelu"] = biasGelu,
        ["DynamicQuantizeMatMul"] = wholeNumbers,
        ["Add"] = 3,
    };
}
