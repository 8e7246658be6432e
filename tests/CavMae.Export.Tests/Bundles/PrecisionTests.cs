using System.Text.Json;
using CavMae.Checkpoints;
using CavMae.Export.Tests.Support;

namespace CavMae.Export.Tests.Bundles;

/// <summary>Bundles with weights in float16, against the same checkpoint in float32.</summary>
public sealed class PrecisionTests(TinyModel tiny) : IClassFixture<TinyModel>, IDisposable
{
    /// <summary>Weights of 11 bits of precision: relative errors of up to 2⁻¹¹, which over 12 blocks mostly cancel.</summary>
    private const double HalfCosine = 0.99999;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Export_Fp16_SaysSoInIdAndManifest()
    {
        ExportResult half = ExportHalf(TinyModel.CheckpointPath);

        Assert.Equal(tiny.Result.ModelId.Replace("-fp32-", "-fp16-", StringComparison.Ordinal), half.ModelId);
        Assert.NotEqual(tiny.Result.ModelId, half.ModelId);
        using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(half.Folder, "model.json")));
        Assert.Equal("fp16", manifest.RootElement.GetProperty("precision").GetString());
        Assert.Equal(half.ModelId, manifest.RootElement.GetProperty("modelId").GetString());
    }

    [Fact]
    public void Export_Fp16OfAWideModel_TakesAboutHalfTheSpace()
    {
        // Wide enough that what stays float32 (log-mel matrices, positions) hardly counts.
        string checkpoint = folder.File("wide.pth");
        RandomCheckpoint.Write(checkpoint, new RandomCheckpointOptions { EmbedDim = 256, ModalityBlocks = 3, DecoderDim = 0 }, TestContext.Current.CancellationToken);
        ExportOptions options = new() { CheckpointPath = checkpoint, OutputFolder = folder.File("whole"), Name = "wide" };
        ExportResult whole = BundleExporter.Export(options, null, TestContext.Current.CancellationToken);
        ExportResult half = BundleExporter.Export(options with { OutputFolder = folder.File("half"), Precision = ExportPrecision.Fp16 }, null, TestContext.Current.CancellationToken);

        Assert.InRange(Bytes(half) / (double)Bytes(whole), 0.5, 0.56);
        Assert.Contains("visual.onnx.data", half.Files.Keys);
        using OnnxModel wholeVisual = new(Path.Combine(whole.Folder, "visual.onnx"));
        using OnnxModel halfVisual = new(Path.Combine(half.Folder, "visual.onnx"));
        Assert.True(Vectors.Cosine(wholeVisual.RunFrames(Frame(1), 1), halfVisual.RunFrames(Frame(1), 1)) >= HalfCosine);
    }

    [Fact]
    public void Export_Fp16_GivesTheVectorsOfFp32AndRowsOfTheirOwn()
    {
        ExportResult half = ExportHalf(TinyModel.CheckpointPath);
        using OnnxModel audio = new(Path.Combine(half.Folder, "audio.onnx"));
        using OnnxModel visual = new(Path.Combine(half.Folder, "visual.onnx"));
        long[] lengths = [OnnxModel.MaxSamples, 400, 48_000];
        float[][] sounds = [.. lengths.Select((length, row) => Sounds.Noise(row, length))];
        byte[][] frames = [.. Enumerable.Range(0, 3).Select(Frame)];

        float[] heard = audio.RunAudio([.. sounds.SelectMany(sound => sound)], lengths);
        float[] seen = visual.RunFrames([.. frames.SelectMany(frame => frame)], frames.Length);

        for (int row = 0; row < lengths.Length; row++)
        {
            Check(heard, row, tiny.Audio.RunAudio(sounds[row], lengths[row]), audio.RunAudio(sounds[row], lengths[row]));
            Check(seen, row, tiny.Visual.RunFrames(frames[row], 1), visual.RunFrames(frames[row], 1));
        }
    }

    [Fact]
    public void Export_WeightBeyondFp16_IsRefusedByName()
    {
        string checkpoint = folder.File("large.pth");
        using (var source = Checkpoint.Open(TinyModel.CheckpointPath))
        {
            CheckpointWriter.Write(checkpoint, [.. source.Names.Select(name => new TensorToWrite(name, source[name].Shape, elements =>
            {
                source.ReadFloats(name, elements);
                if (name == "blocks_v.2.attn.qkv.weight")
                    elements[^1] = -70_000;
            }))], TestContext.Current.CancellationToken);
        }

        string message = Assert.Throws<ExportException>(() => ExportHalf(checkpoint)).Message;

        Assert.Contains("blocks_v.2.attn.qkv.weight holds -70000", message, StringComparison.Ordinal);
        Assert.Contains("--precision fp32", message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(folder.FullPath));
    }

    [Fact]
    public void Export_UnknownPrecision_IsRefused() => Assert.Throws<ExportException>(() =>
        BundleExporter.Export(TinyModel.Options(folder.File("bundle")) with { Precision = (ExportPrecision)7 }, null, TestContext.Current.CancellationToken));

    private static void Check(float[] together, int row, float[] whole, float[] alone)
    {
        ReadOnlySpan<float> half = together.AsSpan(row * TinyModel.Dimension, TinyModel.Dimension);
        double cosine = Vectors.Cosine(half, whole);
        TestContext.Current.TestOutputHelper?.WriteLine($"1 - cosine {1 - cosine:g3}");
        Assert.True(cosine >= HalfCosine, $"row {row}: cosine {cosine:f7}");
        Vectors.AssertClose(half, alone, Tolerances.RowDifference);
        Assert.Equal(1, Vectors.Length(half), Tolerances.UnitLength);
    }

    private ExportResult ExportHalf(string checkpoint) => BundleExporter.Export(
        TinyModel.Options(folder.File("bundle")) with { CheckpointPath = checkpoint, Precision = ExportPrecision.Fp16 }, null, TestContext.Current.CancellationToken);

    private static long Bytes(ExportResult result) => result.Files.Keys.Sum(file => new FileInfo(Path.Combine(result.Folder, file)).Length);

    private static byte[] Frame(int seed)
    {
        var frame = new byte[OnnxModel.FrameBytes];
        new Random(seed).NextBytes(frame);
        return frame;
    }
}
