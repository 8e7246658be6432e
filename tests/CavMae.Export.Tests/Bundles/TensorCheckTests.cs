using CavMae.Checkpoints;
using CavMae.Export.Tests.Support;

namespace CavMae.Export.Tests.Bundles;

/// <summary>Checkpoints that are well-formed files but not this model: every fault is named.</summary>
public sealed class TensorCheckTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Export_MissingExtraAndMisshapedTensors_AreAllNamed()
    {
        string path = Rewrite(tensor => tensor.Name switch
        {
            "blocks_a.3.attn.proj.bias" => null,
            "norm_v.weight" => null,
            "blocks_u.0.mlp.fc1.weight" => tensor with { Shape = [32, 128] },
            "pos_embed_a" => tensor with { Shape = [1, 256, 64] },
            "mask_token" => tensor with { Name = "surprise.weight" },
            _ => tensor,
        });

        string message = Refusal(path);

        Assert.Contains("Missing (2): blocks_a.3.attn.proj.bias, norm_v.weight.", message, StringComparison.Ordinal);
        Assert.Contains("Mis-shaped (2)", message, StringComparison.Ordinal);
        Assert.Contains("blocks_u.0.mlp.fc1.weight [32, 128] instead of [128, 32]", message, StringComparison.Ordinal);
        Assert.Contains("pos_embed_a [1, 256, 64] instead of [1, 512, 32]", message, StringComparison.Ordinal);
        Assert.Contains("Extra (1): surprise.weight.", message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(folder.FullPath));
    }

    [Fact]
    public void Export_MissingBlockInTheMiddle_NamesItsTensors() => Assert.Contains(
        "blocks_v.4.mlp.fc2.weight",
        Refusal(Rewrite(tensor => tensor.Name.StartsWith("blocks_v.4.", StringComparison.Ordinal) ? null : tensor)),
        StringComparison.Ordinal);

    [Fact]
    public void Export_OtherModel_SaysThatItIsNone()
    {
        string message = Refusal(Rewrite(tensor => tensor with { Name = "other." + tensor.Name }));

        Assert.Contains("is not a CAV-MAE checkpoint", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Export_AbsurdBlockNumber_IsAnExtraTensor() => Assert.Contains(
        "Extra (1): blocks_a.999999999.attn.proj.bias",
        Refusal(Rewrite(tensor => tensor.Name == "mask_token" ? tensor with { Name = "blocks_a.999999999.attn.proj.bias" } : tensor)),
        StringComparison.Ordinal);

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Export_WeightThatIsNoNumber_IsRefusedByName(float value)
    {
        string path = Rewrite(tensor => tensor.Name == "blocks_v.7.mlp.fc1.bias"
            ? tensor with { Source = elements => { tensor.Source(elements); elements[5] = value; } }
            : tensor);

        Assert.Contains("blocks_v.7.mlp.fc1.bias", Refusal(path), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(folder.FullPath));
    }

    [Fact]
    public void Export_UnusedTensorsAbsentOrFromFineTuning_ChangesNothing()
    {
        string path = Rewrite(tensor => tensor.Name switch
        {
            "mask_token" => tensor with { Name = "mlp_head.1.weight" },
            _ when tensor.Name.StartsWith("decoder_", StringComparison.Ordinal) => null,
            _ when tensor.Name.StartsWith("blocks_a.", StringComparison.Ordinal) && tensor.Name.Contains("_v.", StringComparison.Ordinal) => null,
            _ => tensor,
        });

        Assert.Equal(
            Export(TinyModel.CheckpointPath, "whole", TinyModel.Heads).ModelId, Export(path, "bare", TinyModel.Heads).ModelId);
    }

    [Theory]
    [InlineData(null, "not a multiple of 64")]
    [InlineData(5, "5 attention heads do not divide the width 32")]
    [InlineData(0, "0 attention heads")]
    [InlineData(-4, "-4 attention heads")]
    public void Export_HeadsThatDoNotFit_NamesTheOption(int? heads, string fault)
    {
        string message = Assert.Throws<ExportException>(() => Export(TinyModel.CheckpointPath, "bundle", heads)).Message;

        Assert.Contains(fault, message, StringComparison.Ordinal);
        Assert.Contains("--heads", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(64, 2, 1)]
    [InlineData(128, 1, 3)]
    [InlineData(64, 0, 2)]
    [InlineData(64, 1, 0)]
    public void Export_RandomCheckpointOfOtherSizes_Runs(int width, int modalityBlocks, int sharedBlocks)
    {
        string path = folder.File("random.pth");
        RandomCheckpointOptions options = new() { EmbedDim = width, ModalityBlocks = modalityBlocks, SharedBlocks = sharedBlocks, DecoderDim = 32, DecoderBlocks = 1 };
        RandomCheckpoint.Write(path, options, TestContext.Current.CancellationToken);

        ExportResult result = Export(path, "bundle", heads: null);

        Assert.Equal(width / 64, result.Heads);
        using OnnxModel audio = new(Path.Combine(result.Folder, "audio.onnx"));
        using OnnxModel visual = new(Path.Combine(result.Folder, "visual.onnx"));
        Assert.Equal(1, Vectors.Length(audio.RunAudio(Sounds.Noise(seed: 1, 32_000), 32_000)), Tolerances.UnitLength);
        Assert.Equal(1, Vectors.Length(visual.RunFrames(new byte[OnnxModel.FrameBytes], 1)), Tolerances.UnitLength);
    }

    [Fact]
    public void RandomCheckpoint_SameSeed_GivesTheSameBytes()
    {
        RandomCheckpointOptions options = new() { EmbedDim = 64, ModalityBlocks = 1, DecoderDim = 0 };
        RandomCheckpoint.Write(folder.File("first.pth"), options, TestContext.Current.CancellationToken);
        RandomCheckpoint.Write(folder.File("second.pth"), options, TestContext.Current.CancellationToken);
        RandomCheckpoint.Write(folder.File("third.pth"), options with { Seed = 2 }, TestContext.Current.CancellationToken);

        byte[] first = File.ReadAllBytes(folder.File("first.pth"));
        Assert.Equal(first, File.ReadAllBytes(folder.File("second.pth")));
        Assert.NotEqual(first, File.ReadAllBytes(folder.File("third.pth")));
    }

    private string Refusal(string path) =>
        Assert.Throws<ExportException>(() => Export(path, "bundle", TinyModel.Heads)).Message;

    private ExportResult Export(string checkpoint, string target, int? heads) => BundleExporter.Export(
        new ExportOptions { CheckpointPath = checkpoint, OutputFolder = folder.File(target), Name = "made", Heads = heads },
        null, TestContext.Current.CancellationToken);

    private string Rewrite(Func<TensorToWrite, TensorToWrite?> change) => ChangedCheckpoint.Write(folder.File("changed.pth"), change);
}
