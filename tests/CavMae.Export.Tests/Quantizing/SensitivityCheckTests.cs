using System.Text.Json;
using CavMae.Checkpoints;
using CavMae.Export.Graphs;
using CavMae.Export.Quantizing;
using CavMae.Export.Tests.Support;
using CavMae.Retrieval.Media;

namespace CavMae.Export.Tests.Quantizing;

/// <summary>Layers that int8 harms stay float32, and no more of them than it takes.</summary>
public sealed class SensitivityCheckTests : IDisposable
{
    private const string HarmedLayer = "blocks_v.0.mlp.fc1";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(12)]
    public void Choose_LayersNeeded_AreFoundExactly(int needed)
    {
        string[] layers = [.. Enumerable.Range(0, 12).Select(i => $"layer {i}")];

        SensitivityResult result = SensitivityCheck.Choose(layers, minCosine: 0.99, allInt8: 0.5, chosen => chosen.Count() >= needed ? 0.995 : 0.9);

        Assert.Equal(layers[..needed], result.FloatLayers);
        Assert.Equal(needed == 12 ? 1 : 0.995, result.MinCosine);
    }

    [Fact]
    public void Export_NothingIsHarmed_KeepsNoLayerInFloat()
    {
        using JsonDocument manifest = Export(TinyModel.CheckpointPath, out _);

        JsonElement int8 = manifest.RootElement.GetProperty("int8");
        Assert.Equal(0, int8.GetProperty("floatLayers").GetProperty("audio").GetArrayLength());
        Assert.Equal(0, int8.GetProperty("floatLayers").GetProperty("visual").GetArrayLength());
        Assert.True(int8.GetProperty("minCosine").GetProperty("visual").GetDouble() >= 0.998);
        Assert.True(int8.GetProperty("checkedScenes").GetProperty("audio").GetInt32() > 1);
    }

    [Fact]
    public void Export_OneLayerIsHarmed_KeepsThatLayerInFloat()
    {
        // A token's first number is a thousand times the others and the layer hardly looks at it: one scale for all leaves nothing of the others.
        string checkpoint = WithOutlier();
        ExportResult exact = BundleExporter.Export(Options(checkpoint) with { Precision = ExportPrecision.Fp32, OutputFolder = folder.File("exact"), CheckMedia = [] }, null, TestContext.Current.CancellationToken);
        ExportResult careless = BundleExporter.Export(Options(checkpoint) with { OutputFolder = folder.File("careless"), CheckMedia = [] }, null, TestContext.Current.CancellationToken);

        using JsonDocument manifest = Export(checkpoint, out ExportResult careful);

        JsonElement layers = manifest.RootElement.GetProperty("int8").GetProperty("floatLayers");
        Assert.Equal(0, layers.GetProperty("audio").GetArrayLength());
        Assert.Equal([HarmedLayer], layers.GetProperty("visual").EnumerateArray().Select(layer => layer.GetString()));
        Assert.Equal(careless.ModelId, careful.ModelId);
        Assert.True(Cosine(exact, careless) < 0.99, "the layer is not harmed: the test shows nothing");
        Assert.True(Cosine(exact, careful) >= 0.995);
    }

    [Fact]
    public void Compare_GraphsAboveAndBelowWhatTheyHoldThemselves_FindTheirWeights()
    {
        // A float32 graph of more than a megabyte of weights, whose int8 form has less.
        string path = folder.File("small.pth");
        RandomCheckpoint.Write(path, new RandomCheckpointOptions { EmbedDim = 96, ModalityBlocks = 1, SharedBlocks = 1, DecoderDim = 0 }, TestContext.Current.CancellationToken);
        using var checkpoint = Checkpoint.Open(path);
        EncoderSizes sizes = EncoderSizesFinder.Find(checkpoint, heads: 4);
        Scene scene = new(0, TimeSpan.Zero, TimeSpan.FromSeconds(10), Audio: null, [new RgbFrame(Enumerable.Range(0, RgbFrame.ByteCount).Select(i => (byte)(i * 7)).ToArray())]);

        using TrialGraphs trials = new(checkpoint, sizes, Modality.Visual, [scene], TestContext.Current.CancellationToken);

        Assert.InRange(trials.AllInt8, 0.99, 0.999999999);
        Assert.InRange(trials.Compare(trials.Layers.Skip(1)), trials.AllInt8, 1);
        Assert.Equal(1, trials.Compare(trials.Layers), 1e-6);
    }

    [Fact]
    public void Export_MediaWithoutPictures_AreRefused()
    {
        string sound = folder.File("silence.wav");
        WriteSilence(sound);

        Assert.Contains("has pictures that can be used", Assert.Throws<ExportException>(() => BundleExporter.Export(
            Options(TinyModel.CheckpointPath) with { CheckMedia = [sound] }, null, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Export_MediaWithoutInt8_IsRefused() => Assert.Contains("--precision int8", Assert.Throws<ExportException>(() => BundleExporter.Export(
        Options(TinyModel.CheckpointPath) with { Precision = ExportPrecision.Fp32 }, null, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);

    [Fact]
    public void Export_NoUsableMedia_IsRefusedAndLeavesTheOldBundle()
    {
        string text = folder.File("notes.txt");
        File.WriteAllText(text, "no media");
        ExportResult old = BundleExporter.Export(Options(TinyModel.CheckpointPath) with { CheckMedia = [] }, null, TestContext.Current.CancellationToken);

        string message = Assert.Throws<ExportException>(() => BundleExporter.Export(
            Options(TinyModel.CheckpointPath) with { CheckMedia = [text] }, null, TestContext.Current.CancellationToken)).Message;

        Assert.Contains("notes.txt", message, StringComparison.Ordinal);
        Assert.All(old.Files, file => Assert.True(File.Exists(Path.Combine(old.Folder, file.Key))));
        Assert.Equal([old.Folder], Directory.GetDirectories(folder.FullPath));
    }

    private JsonDocument Export(string checkpoint, out ExportResult result)
    {
        result = BundleExporter.Export(Options(checkpoint), null, TestContext.Current.CancellationToken);
        return JsonDocument.Parse(File.ReadAllText(Path.Combine(result.Folder, "model.json")));
    }

    private ExportOptions Options(string checkpoint) => TinyModel.Options(folder.File("bundle")) with
    {
        CheckpointPath = checkpoint,
        Precision = ExportPrecision.Int8,
        CheckMedia = [Path.Combine(Fixtures.Folder, "clips")],
    };

    /// <summary>A second of 16 kHz, 16 bits, one channel.</summary>
    private static void WriteSilence(string path)
    {
        const int DataBytes = 32_000;
        using BinaryWriter wav = new(File.Create(path));
        wav.Write("RIFF"u8);
        wav.Write(36 + DataBytes);
        wav.Write("WAVEfmt "u8);
        wav.Write(16);
        wav.Write((short)1);
        wav.Write((short)1);
        wav.Write(16_000);
        wav.Write(32_000);
        wav.Write((short)2);
        wav.Write((short)16);
        wav.Write("data"u8);
        wav.Write(DataBytes);
        wav.Write(new byte[DataBytes]);
    }

    private string WithOutlier()
    {
        string path = folder.File("outlier.pth");
        using var source = Checkpoint.Open(TinyModel.CheckpointPath);
        CheckpointWriter.Write(path, [.. source.Names.Select(name => new TensorToWrite(name, source[name].Shape, elements =>
        {
            source.ReadFloats(name, elements);
            if (name == "blocks_v.0.norm2.bias")
                elements[0] = 1000;
            if (name == $"{HarmedLayer}.weight")
            {
                for (int output = 0; output < elements.Length / TinyModel.Dimension; output++)
                    elements[output * TinyModel.Dimension] = 0;
            }
            // Loud enough for what the layer says to matter.
            if (name == "blocks_v.0.mlp.fc2.weight")
            {
                foreach (ref float element in elements)
                    element *= 20;
            }
        }))], TestContext.Current.CancellationToken);
        return path;
    }

    private static double Cosine(ExportResult first, ExportResult second)
    {
        var frame = new byte[OnnxModel.FrameBytes];
        new Random(4).NextBytes(frame);
        using OnnxModel a = new(Path.Combine(first.Folder, "visual.onnx")), b = new(Path.Combine(second.Folder, "visual.onnx"));
        return Vectors.Cosine(a.RunFrames(frame, 1), b.RunFrames(frame, 1));
    }
}
