using System.Text.Json;
using CavMae.Checkpoints;
using CavMae.Export.Tests.Support;

namespace CavMae.Export.Tests.Bundles;

/// <summary>The checkpoints that users of CAV-MAE have, and which of them it was.</summary>
public sealed class CheckpointKindTests(TinyModel tiny) : IClassFixture<TinyModel>, IDisposable
{
    private const string Parallel = "module.";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("tiny.pth")]
    [InlineData("tiny_legacy.pth")]
    public void Export_PretrainedCheckpoint_SaysThatItHasADecoder(string file) =>
        AssertSameEncoder(Fixtures.Golden(file), "pretrained with decoder");

    [Theory]
    [InlineData("")]
    [InlineData(Parallel)]
    public void Export_FineTunedCheckpoint_LeavesTheClassifierOut(string prefix)
    {
        const int Classes = 309; // of VGGSound
        string path = ChangedCheckpoint.Write(
            folder.File("tuned.pth"),
            tensor => IsDecoder(tensor.Name) ? null : tensor with { Name = prefix + tensor.Name },
            ChangedCheckpoint.Zeros(prefix + "mlp_head.0.weight", TinyModel.Dimension), ChangedCheckpoint.Zeros(prefix + "mlp_head.0.bias", TinyModel.Dimension),
            ChangedCheckpoint.Zeros(prefix + "mlp_head.1.weight", Classes, TinyModel.Dimension), ChangedCheckpoint.Zeros(prefix + "mlp_head.1.bias", Classes));

        AssertSameEncoder(path, "fine-tuned: classifier left out");
    }

    [Fact]
    public void Export_EncoderAlone_SaysSo() =>
        AssertSameEncoder(ChangedCheckpoint.Write(folder.File("bare.pth"), tensor => IsDecoder(tensor.Name) ? null : tensor), "encoder only");

    [Fact]
    public void Export_SafeTensorsAsTrainingSavesThem_NeedsNoHeads() => AssertSameEncoder(
        ChangedCheckpoint.WriteSafeTensors(folder.File("best.safetensors"), tensor => tensor), "pretrained with decoder", heads: null);

    [Fact]
    public void Export_DamagedDecoder_IsNotEvenRead() => AssertSameEncoder(
        ChangedCheckpoint.Write(folder.File("changed.pth"), tensor => IsDecoder(tensor.Name) ? ChangedCheckpoint.With(tensor, 0, float.NaN) : tensor),
        "pretrained with decoder");

    private static bool IsDecoder(string name) => name == "mask_token" || name.StartsWith("decoder_", StringComparison.Ordinal);

    private void AssertSameEncoder(string checkpoint, string kind, int? heads = TinyModel.Heads)
    {
        ExportResult result = BundleExporter.Export(
            TinyModel.Options(folder.File("bundle")) with { CheckpointPath = checkpoint, Heads = heads }, null, TestContext.Current.CancellationToken);

        Assert.Equal(tiny.Result.ModelId, result.ModelId);
        Assert.Equal(tiny.Result.Files, result.Files);
        Assert.Equal(kind, result.SourceKind);
        using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(result.Folder, "model.json")));
        Assert.Equal(kind, manifest.RootElement.GetProperty("source").GetProperty("kind").GetString());
    }
}
