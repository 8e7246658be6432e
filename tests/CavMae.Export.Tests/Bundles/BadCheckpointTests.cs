using System.IO.Compression;
using System.Security.Cryptography;
using CavMae.Checkpoints;
using CavMae.Export.Tests.Support;

namespace CavMae.Export.Tests.Bundles;

/// <summary>Whatever is wrong with a checkpoint is named, and the bundle that stood where the new one was to go is untouched, byte for byte.</summary>
public sealed class BadCheckpointTests(TinyModel tiny) : IClassFixture<TinyModel>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(null, "Missing (1): blocks_u.0.norm1_a.weight.")]
    [InlineData("blocks_u.0.norm1_b.weight", "Extra (1): blocks_u.0.norm1_b.weight.")]
    public void Export_OneTensorMissingOrRenamed_IsNamed(string? name, string fault) => AssertRefused(
        ChangedCheckpoint.Write(folder.File("bad.pth"), tensor => tensor.Name != "blocks_u.0.norm1_a.weight" ? tensor : name is null ? null : tensor with { Name = name }),
        fault);

    [Fact]
    public void Export_TensorOfAnotherShape_IsNamed() => AssertRefused(
        ChangedCheckpoint.Write(folder.File("bad.pth"), tensor => tensor.Name == "modality_v" ? tensor with { Shape = [1, 32, 1] } : tensor),
        "modality_v [1, 32, 1] instead of [1, 1, 32]");

    [Theory]
    [InlineData(float.NaN, "blocks_v.10.attn.qkv.bias", ExportPrecision.Fp32)]
    [InlineData(float.PositiveInfinity, "blocks_v.10.attn.qkv.bias", ExportPrecision.Fp32)]
    [InlineData(float.NaN, "blocks_u.0.mlp.fc2.weight", ExportPrecision.Fp16)]
    [InlineData(float.NaN, "blocks_u.0.mlp.fc2.weight", ExportPrecision.Int8)]
    [InlineData(float.PositiveInfinity, "blocks_u.0.mlp.fc2.weight", ExportPrecision.Int8)]
    public void Export_WeightThatIsNoNumber_IsNamed(float value, string name, ExportPrecision precision) => AssertRefused(
        ChangedCheckpoint.Write(folder.File("bad.pth"), tensor => tensor.Name == name ? ChangedCheckpoint.With(tensor, 31, value) : tensor),
        name, precision, precision == ExportPrecision.Int8 ? [Path.Combine(Fixtures.Folder, "clips")] : []);

    [Fact]
    public void Export_StateOfATrainingRun_NamesTheRightFile() => AssertRefused(
        ChangedCheckpoint.WriteSafeTensors(
            folder.File("state.safetensors"), tensor => tensor,
            ChangedCheckpoint.Zeros("adam.mean.norm_a.weight", 32), ChangedCheckpoint.Zeros("adam.square.norm_a.weight", 32)),
        "give best.safetensors or last.safetensors of the same folder");

    [Fact]
    public void Export_ImageModel_IsRecognised() => AssertRefused(
        Write("cls_token", "pos_embed", "patch_embed.proj.weight", "blocks.0.norm1.weight", "norm.weight"),
        "is not a CAV-MAE checkpoint: it has none of patch_embed_a, patch_embed_v, blocks_a, blocks_v, blocks_u. It holds an image model");

    [Fact]
    public void Export_OtherTensors_SaysWhichWereFound() => AssertRefused(
        Write("encoder.weight", "encoder.bias"), "It holds 2 tensors, such as encoder.bias, encoder.weight.");

    [Fact]
    public void Export_OptimizersState_IsRecognised() => AssertRefused(
        Zip(p => p.Text("state").Raw("}(").Number(0).Raw("}(").Tensor("exp_avg", [4], [1]).Raw("uu").Text("param_groups").Raw("]")),
        "it is the state of an optimizer");

    [Fact]
    public void Export_DictOfOtherThings_NamesItsKeys() => AssertRefused(
        Zip(p => p.Text("epoch").Number(3).Text("weights").Raw("}")), "\"state_dict\" or \"model\"; its keys are \"epoch\", \"weights\"");

    [Fact]
    public void Export_PickledClass_IsNamed() => AssertRefused(
        Archives.Write(folder.File("bad.pth"), new PickleBuilder().Raw("cmodels.cav_mae\nCAVMAE\n)R").Stop()), "refers to models.cav_mae.CAVMAE");

    [Fact]
    public void Export_ZipBomb_IsRefused() => AssertRefused(
        Archives.Write(
            folder.File("bad.pth"), CompressionLevel.SmallestSize, PickleBuilder.Dictionary(p => p.Tensor("norm_a.weight", [4], [1])), new byte[10_000_000]),
        "is compressed");

    [Theory]
    [InlineData(new byte[0], "the file is empty")]
    [InlineData(new byte[] { 0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10 }, "a PNG picture")]
    [InlineData(new byte[] { 0xFF, 0xD8, 0xFF, 0xE0, 0, 16 }, "a JPEG picture")]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, "zeros: a download that broke off?")]
    [InlineData(new byte[] { 0x1F, 0x8B, 8, 0 }, "a gzip archive")]
    [InlineData(new byte[] { 0xC3, 0x01, 0x02 }, "nor a safetensors file")]
    public void Export_FileThatIsNoCheckpoint_SaysWhatItIs(byte[] bytes, string found) => AssertRefused(Save(bytes), found);

    [Theory]
    [InlineData("some words, and some more", "by its first bytes it is text")]
    [InlineData("{\"data\": []}", "JSON text")]
    [InlineData("\n<!DOCTYPE html><html>", "a web page")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:00", "a Git LFS pointer")]
    public void Export_Text_SaysWhichKind(string text, string found) => AssertRefused(Save(System.Text.Encoding.UTF8.GetBytes(text)), found);

    [Fact]
    public void Export_OnnxFile_IsRecognised() => AssertRefused(Path.Combine(tiny.Result.Folder, "audio.onnx"), "an ONNX graph");

    private void AssertRefused(string checkpoint, string fault, ExportPrecision precision = ExportPrecision.Fp32, string[]? checkMedia = null)
    {
        ExportOptions options = TinyModel.Options(folder.File("bundle"));
        BundleExporter.Export(options, null, TestContext.Current.CancellationToken);
        string[] before = Contents(options.OutputFolder);

        Exception problem = Assert.ThrowsAny<Exception>(() => BundleExporter.Export(
            options with { CheckpointPath = checkpoint, Precision = precision, CheckMedia = checkMedia ?? [] }, null, TestContext.Current.CancellationToken));

        Assert.True(problem is ExportException or CheckpointException, problem.ToString());
        Assert.Contains(fault, problem.Message, StringComparison.Ordinal);
        Assert.Contains(checkpoint, problem.Message, StringComparison.Ordinal);
        Assert.Equal(before, Contents(options.OutputFolder));
        Assert.Equal([options.OutputFolder], Directory.EnumerateDirectories(folder.FullPath));
    }

    private static string[] Contents(string bundle) =>
        [.. Directory.EnumerateFiles(bundle).Order(StringComparer.Ordinal).Select(file => $"{file} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))}")];

    private string Save(byte[] bytes)
    {
        string path = folder.File("bad.pth");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private string Zip(Action<PickleBuilder> pairs) => Archives.Write(folder.File("bad.pth"), PickleBuilder.Dictionary(pairs), Archives.Floats(1, 2, 3, 4));

    private string Write(params string[] names)
    {
        string path = folder.File("bad.pth");
        CheckpointWriter.Write(path, [.. names.Select(name => ChangedCheckpoint.Zeros(name, 4))], TestContext.Current.CancellationToken);
        return path;
    }
}
