using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CavMae.Checkpoints;
using CavMae.Export.Tests.Support;

namespace CavMae.Export.Tests.Bundles;

/// <summary>What is in a bundle: the manifest, the files and their hashes, the model id.</summary>
public sealed partial class BundleContentTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Target => folder.File("bundle");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Export_TinyCheckpoint_WritesTheManifest()
    {
        ExportResult result = Export(TinyModel.Options(Target) with { License = "none", TrainingData = "none: random weights" });

        using JsonDocument manifest = Manifest();
        JsonElement root = manifest.RootElement;
        Assert.Equal(1, root.GetProperty("formatVersion").GetInt32());
        Assert.Equal("tiny", root.GetProperty("name").GetString());
        Assert.Equal("fp32", root.GetProperty("precision").GetString());
        Assert.Equal(result.ModelId, root.GetProperty("modelId").GetString());
        Assert.Matches("^tiny-fp32-[0-9a-f]{12}$", result.ModelId);
        Assert.False(root.GetProperty("trained").GetBoolean());
        Assert.Equal(
            """{"embedDim":32,"heads":4,"mlpWidth":128,"modalityBlocks":11,"sharedBlocks":1,"patchSize":16}""",
            WhiteSpace().Replace(root.GetProperty("architecture").GetRawText(), ""));
        Assert.Equal(32, root.GetProperty("dimension").GetInt32());
        Assert.Equal(16_000, root.GetProperty("sampleRateHz").GetInt32());
        Assert.Equal(164_080, root.GetProperty("maxSamples").GetInt32());
        Assert.Equal(400, root.GetProperty("minSamples").GetInt32());
        Assert.Equal(10, root.GetProperty("sceneSeconds").GetInt32());
        Assert.Equal(224, root.GetProperty("frameSide").GetInt32());
        Assert.Equal("tiny.pth", root.GetProperty("source").GetProperty("file").GetString());
        Assert.Equal(Sha256(TinyModel.CheckpointPath), root.GetProperty("source").GetProperty("sha256").GetString());
        Assert.Equal("none", root.GetProperty("license").GetString());
        Assert.Equal("none: random weights", root.GetProperty("trainingData").GetString());
    }

    [Fact]
    public void Export_TinyCheckpoint_ListsEveryFileWithItsHash()
    {
        Export(TinyModel.Options(Target));

        using JsonDocument manifest = Manifest();
        var listed = manifest.RootElement.GetProperty("files").EnumerateObject().ToDictionary(file => file.Name, file => file.Value.GetString());
        string[] present = [.. Directory.EnumerateFiles(Target).Select(path => Path.GetFileName(path)!).Where(name => name != "model.json")];
        Assert.Equal(present.Order(StringComparer.Ordinal), listed.Keys.Order(StringComparer.Ordinal));
        foreach (string name in present)
            Assert.Equal(Sha256(Path.Combine(Target, name)), listed[name]);
    }

    [Fact]
    public void Export_ModelId_IsTheDocumentedHashOfTheEncodersTensors()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var checkpoint = Checkpoint.Open(TinyModel.CheckpointPath);
        foreach (string name in checkpoint.Names.Where(name => EncoderTensor().IsMatch(name)))
        {
            hash.AppendData([.. Encoding.UTF8.GetBytes(name), 0]);
            hash.AppendData(BitConverter.GetBytes(checkpoint[name].Shape.Length));
            foreach (long size in checkpoint[name].Shape)
                hash.AppendData(BitConverter.GetBytes(size));
            hash.AppendData(Archives.Floats(checkpoint.ReadFloats(name)));
        }
        hash.AppendData(BitConverter.GetBytes(TinyModel.Heads));

        ExportResult result = Export(TinyModel.Options(Target));

        Assert.Equal("tiny-fp32-" + Convert.ToHexStringLower(hash.GetHashAndReset())[..12], result.ModelId);
    }

    [Fact]
    public void Export_LegacyFile_GivesTheSameGraphsAndModelId()
    {
        ExportResult zip = Export(TinyModel.Options(Target));
        ExportResult legacy = Export(TinyModel.Options(folder.File("legacy")) with { CheckpointPath = Fixtures.Golden("tiny_legacy.pth") });

        Assert.Equal(zip.ModelId, legacy.ModelId);
        Assert.Equal(zip.Files, legacy.Files);
    }

    [Fact]
    public void Export_Twice_GivesTheSameBytes()
    {
        Export(TinyModel.Options(Target));
        string[] first = [.. Directory.EnumerateFiles(Target).Order(StringComparer.Ordinal).Select(Sha256)];

        Export(TinyModel.Options(Target));

        Assert.Equal(first, Directory.EnumerateFiles(Target).Order(StringComparer.Ordinal).Select(Sha256));
    }

    [Fact]
    public void Export_OtherHeads_GivesAnotherModelId() => Assert.NotEqual(
        Export(TinyModel.Options(Target)).ModelId, Export(TinyModel.Options(Target) with { Heads = 8 }).ModelId);

    [Fact]
    public void Export_Progress_EndsAtItsTotal()
    {
        List<ExportProgress> reports = [];
        BundleExporter.Export(TinyModel.Options(Target), new StepWatcher(_ => { }, reports), TestContext.Current.CancellationToken);

        Assert.Equal(reports[^1].TotalBytes, reports[^1].DoneBytes);
        Assert.True(reports.Zip(reports.Skip(1)).All(pair => pair.First.DoneBytes <= pair.Second.DoneBytes));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("ä")]
    public void Export_BadName_IsRefused(string name) => AssertRefused(TinyModel.Options(Target) with { Name = name }, "name");

    [Fact]
    public void Export_MissingCheckpoint_IsRefused() =>
        AssertRefused(TinyModel.Options(Target) with { CheckpointPath = folder.File("none.pth") }, "There is no checkpoint");

    private static ExportResult Export(ExportOptions options) => BundleExporter.Export(options, null, TestContext.Current.CancellationToken);

    private static void AssertRefused(ExportOptions options, string reason) =>
        Assert.Contains(reason, Assert.Throws<ExportException>(() => Export(options)).Message, StringComparison.Ordinal);

    private JsonDocument Manifest() => JsonDocument.Parse(File.ReadAllText(Path.Combine(Target, "model.json")));

    private static string Sha256(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));

    [GeneratedRegex(@"\s")]
    private static partial Regex WhiteSpace();

    /// <summary>What the two encoders read: a branch's plain norms, the shared blocks' modality norms, and all that is not a block's norm.</summary>
    [GeneratedRegex(@"^(patch_embed|pos_embed|modality|norm)_[av]\b|^blocks_[avu]\.\d+\.(attn|mlp)\.|^blocks_[av]\.\d+\.norm[12]\.|^blocks_u\.\d+\.norm[12]_[av]\.")]
    private static partial Regex EncoderTensor();
}
