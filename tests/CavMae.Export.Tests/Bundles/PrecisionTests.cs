using System.Text.Json;
using CavMae.Checkpoints;
using CavMae.Export.Tests.Support;

namespace CavMae.Export.Tests.Bundles;

/// <summary>Bundles in float16 and int8, against the same checkpoint in float32.</summary>
public sealed class PrecisionTests(TinyModel tiny) : IClassFixture<TinyModel>, IDisposable
{
    /// <summary>Weights of 11 bits of precision: relative errors of up to 2⁻¹¹, which over 12 blocks mostly cancel.</summary>
    private const double HalfCosine = 0.99999;

    /// <summary>Blocks that multiply in float16: relative errors of up to 2⁻¹¹ in every product of a layer.</summary>
    private const double HalfComputedCosine = 0.9999;

    /// <summary>Weights of 7 bits, inputs of 8, of a layer's range; what the service may lose against float32.</summary>
    private const double Int8Cosine = 0.995;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(ExportPrecision.Fp16, "fp16")]
    [InlineData(ExportPrecision.Int8, "int8")]
    public void Export_Precision_IsSaidInIdAndManifest(ExportPrecision precision, string name)
    {
        ExportResult result = Export(TinyModel.CheckpointPath, precision);

        Assert.Equal(tiny.Result.ModelId.Replace("-fp32-", $"-{name}-", StringComparison.Ordinal), result.ModelId);
        Assert.NotEqual(tiny.Result.ModelId, result.ModelId);
        using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(result.Folder, "model.json")));
        Assert.Equal(name, manifest.RootElement.GetProperty("precision").GetString());
        Assert.Equal(result.ModelId, manifest.RootElement.GetProperty("modelId").GetString());
    }

    [Fact]
    public void Export_Fp16OfAWideModel_TakesAboutHalfTheSpace()
    {
        // Wide enough that what stays float32 (log-mel matrices, positions) hardly counts.
        string checkpoint = folder.File("wide.pth");
        RandomCheckpoint.Write(checkpoint, new RandomCheckpointOptions { EmbedDim = 256, ModalityBlocks = 3, DecoderDim = 0 }, TestContext.Current.CancellationToken);
        ExportResult whole = Export(checkpoint, ExportPrecision.Fp32, "whole"), half = Export(checkpoint, ExportPrecision.Fp16, "half");

        Assert.InRange(Bytes(half) / (double)Bytes(whole), 0.5, 0.56);
        Assert.Contains("encoders.onnx.data", half.Files.Keys);
        using OnnxModel wholeVisual = new(Path.Combine(whole.Folder, "visual.onnx"));
        using OnnxModel halfVisual = new(Path.Combine(half.Folder, "visual.onnx"));
        Assert.True(Vectors.Cosine(wholeVisual.RunFrames(Frame(1), 1), halfVisual.RunFrames(Frame(1), 1)) >= HalfCosine);
    }

    [Theory]
    [InlineData(ExportPrecision.Fp16, "", HalfCosine, Tolerances.RowDifference)]
    [InlineData(ExportPrecision.Fp16, ".gpu", HalfComputedCosine, 2e-3)] // float16 sums of another order: 2⁻¹¹ of numbers up to 1
    [InlineData(ExportPrecision.Int8, "", Int8Cosine, 0)]
    public void Export_Precision_GivesTheVectorsOfFp32AndRowsOfTheirOwn(ExportPrecision precision, string target, double leastCosine, double rowDifference)
    {
        ExportResult result = Export(TinyModel.CheckpointPath, precision);
        using OnnxModel audio = new(Path.Combine(result.Folder, $"audio{target}.onnx"));
        using OnnxModel visual = new(Path.Combine(result.Folder, $"visual{target}.onnx"));
        long[] lengths = [OnnxModel.MaxSamples, 400, 48_000];
        // One row far louder and one picture far darker than its neighbours: what a scale over the whole batch would not survive.
        float[][] sounds = [.. lengths.Select((length, row) => Sounds.Noise(row, length).Select(sample => row == 1 ? sample : sample / 1000).ToArray())];
        byte[][] frames = [.. Enumerable.Range(0, 3).Select(Frame)];
        frames[1].AsSpan().Clear();

        float[] heard = audio.RunAudio([.. sounds.SelectMany(sound => sound)], lengths);
        float[] seen = visual.RunFrames([.. frames.SelectMany(frame => frame)], frames.Length);

        for (int row = 0; row < lengths.Length; row++)
        {
            Check(heard, row, tiny.Audio.RunAudio(sounds[row], lengths[row]), audio.RunAudio(sounds[row], lengths[row]), leastCosine, rowDifference);
            Check(seen, row, tiny.Visual.RunFrames(frames[row], 1), visual.RunFrames(frames[row], 1), leastCosine, rowDifference);
        }
    }

    [Fact]
    public void Export_Int8OfAWideModel_TakesAboutAQuarterOfTheSpace()
    {
        string checkpoint = folder.File("wide.pth");
        RandomCheckpoint.Write(checkpoint, new RandomCheckpointOptions { EmbedDim = 512, ModalityBlocks = 3, DecoderDim = 0 }, TestContext.Current.CancellationToken);
        ExportResult whole = Export(checkpoint, ExportPrecision.Fp32, "whole"), int8 = Export(checkpoint, ExportPrecision.Int8, "int8");

        Assert.InRange(Bytes(int8) / (double)Bytes(whole), 0.25, 0.35); // positions, patches and the front ends stay float32
    }

    [Theory]
    [InlineData(ExportPrecision.Fp32)]
    [InlineData(ExportPrecision.Fp16)]
    public void Export_StandardOperators_GivesTheSameVectorsWithoutTheRuntimesOwn(ExportPrecision precision)
    {
        ExportResult result = BundleExporter.Export(Options(TinyModel.CheckpointPath, precision, "bundle") with { StandardOperatorsOnly = true }, null, TestContext.Current.CancellationToken);

        Assert.All(Directory.GetFiles(result.Folder, "*.onnx"), file =>
            Assert.DoesNotContain("com.microsoft", System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(file)), StringComparison.Ordinal));
        using OnnxModel visual = new(Path.Combine(result.Folder, "visual.onnx"));
        Assert.True(Vectors.Cosine(tiny.Visual.RunFrames(Frame(1), 1), visual.RunFrames(Frame(1), 1)) >= HalfCosine);
    }

    [Fact]
    public void Export_StandardOperatorsInInt8_IsRefused() => Assert.Contains("--standard-operators", Assert.Throws<ExportException>(() =>
        BundleExporter.Export(Options(TinyModel.CheckpointPath, ExportPrecision.Int8, "bundle") with { StandardOperatorsOnly = true }, null, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);

    [Fact]
    public void Export_BundleOfAGpuGraph_KeepsEachWeightOnce()
    {
        string checkpoint = folder.File("wide.pth");
        RandomCheckpoint.Write(checkpoint, new RandomCheckpointOptions { EmbedDim = 256, ModalityBlocks = 0, SharedBlocks = 3, DecoderDim = 0 }, TestContext.Current.CancellationToken);
        ExportResult half = Export(checkpoint, ExportPrecision.Fp16, "half");

        long matrices = 3 * 12 * 256 * 256 * 2; // of the blocks, which four graphs use
        Assert.InRange(new FileInfo(Path.Combine(half.Folder, "encoders.onnx.data")).Length, matrices, 1.6 * matrices);
    }

    [Theory]
    [InlineData("blocks_v.2.attn.qkv.weight")]
    [InlineData("blocks_u.0.mlp.fc1.bias")] // float32 on a CPU, float16 on a GPU
    public void Export_NumberBeyondFp16_IsRefusedByName(string beyond)
    {
        string checkpoint = folder.File("large.pth");
        using (var source = Checkpoint.Open(TinyModel.CheckpointPath))
        {
            CheckpointWriter.Write(checkpoint, [.. source.Names.Select(name => new TensorToWrite(name, source[name].Shape, elements =>
            {
                source.ReadFloats(name, elements);
                if (name == beyond)
                    elements[^1] = -70_000;
            }))], TestContext.Current.CancellationToken);
        }

        string message = Assert.Throws<ExportException>(() => Export(checkpoint, ExportPrecision.Fp16)).Message;

        Assert.Contains($"{beyond} holds -70000", message, StringComparison.Ordinal);
        Assert.Contains("--precision fp32", message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(folder.FullPath));
    }

    [Fact]
    public void Export_UnknownPrecision_IsRefused() => Assert.Throws<ExportException>(() =>
        BundleExporter.Export(TinyModel.Options(folder.File("bundle")) with { Precision = (ExportPrecision)7 }, null, TestContext.Current.CancellationToken));

    private static void Check(float[] together, int row, float[] whole, float[] alone, double leastCosine, double rowDifference)
    {
        ReadOnlySpan<float> vector = together.AsSpan(row * TinyModel.Dimension, TinyModel.Dimension);
        double cosine = Vectors.Cosine(vector, whole);
        TestContext.Current.TestOutputHelper?.WriteLine($"1 - cosine {1 - cosine:g3}");
        Assert.True(cosine >= leastCosine, $"row {row}: cosine {cosine:f7}");
        Vectors.AssertClose(vector, alone, rowDifference);
        Assert.Equal(1, Vectors.Length(vector), Tolerances.UnitLength);
    }

    private ExportResult Export(string checkpoint, ExportPrecision precision, string name = "bundle") =>
        BundleExporter.Export(Options(checkpoint, precision, name), null, TestContext.Current.CancellationToken);

    private ExportOptions Options(string checkpoint, ExportPrecision precision, string name) =>
        TinyModel.Options(folder.File(name)) with { CheckpointPath = checkpoint, Precision = precision };

    private static long Bytes(ExportResult result) => result.Files.Keys.Sum(file => new FileInfo(Path.Combine(result.Folder, file)).Length);

    private static byte[] Frame(int seed)
    {
        var frame = new byte[OnnxModel.FrameBytes];
        new Random(seed).NextBytes(frame);
        return frame;
    }
}
