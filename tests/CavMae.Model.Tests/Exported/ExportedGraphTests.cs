using CavMae.Checkpoints;
using CavMae.Export;
using CavMae.Export.Bundles;
using CavMae.Export.Graphs;
using CavMae.Export.Tests.Support;
using CavMae.Model.Tests.Support;
using CavMae.Tests.Shared;
using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Model.Tests.Exported;

/// <summary>
/// A model of other sizes than the recorded one, saved and exported: its bundle takes raw media and gives what
/// <see cref="CavMaeModel.Embed"/> gives of the same media made ready in C#.
/// </summary>
public sealed class ExportedGraphTests : IDisposable
{
    private const int Items = 2, Width = 64, Heads = 4;
    private static readonly double[] Means = [0.485, 0.456, 0.406], Deviations = [0.229, 0.224, 0.225];

    private readonly DisposeScope scope = NewDisposeScope();
    private readonly TemporaryFolder folder = new();
    private readonly CavMaeModel model = SmallModel.Create(
        SmallModel.Options(modalityDepth: 2, sharedDepth: 2) with { EmbedDim = Width, Heads = Heads, MlpRatio = 3, TrainablePositions = true }, seed: 21);

    public ExportedGraphTests() => CavMaeWeights.Save(model, Weights);

    private string Weights => folder.File("model.safetensors");

    public void Dispose()
    {
        model.Dispose();
        folder.Dispose();
        scope.Dispose();
    }

    [Fact]
    public void AudioGraph_RandomWaveforms_EqualsTheModel()
    {
        using OnnxModel logMel = LogMelGraph(), encoder = new(Path.Combine(Export(), "audio.onnx"));
        long[] lengths = [OnnxModel.MaxSamples, 50_000];
        float[] waveforms = SmallModel.Numbers(new Random(1), Items * OnnxModel.MaxSamples, scale: 0.5f);

        float[] actual = encoder.RunAudio(waveforms, lengths);

        Tensor spectrograms = (tensor(logMel.RunAudio(waveforms, lengths), [Items, 128, 1024]).transpose(1, 2) + 5.081f) / 4.4849f;
        AssertSameDirections(model.Embed(spectrograms, zeros(Items, 3, 224, 224)).Audio, actual);
    }

    [Fact]
    public void VisualGraph_RandomFrames_EqualsTheModel()
    {
        using OnnxModel encoder = new(Path.Combine(Export(), "visual.onnx"));
        var frames = new byte[Items * OnnxModel.FrameBytes];
        new Random(2).NextBytes(frames);

        float[] actual = encoder.RunFrames(frames, Items);

        var planes = new float[frames.Length];
        for (int i = 0; i < frames.Length; i++)
        {
            (int item, int pixel, int colour) = (i / OnnxModel.FrameBytes, i % OnnxModel.FrameBytes / 3, i % 3);
            planes[(item * 3 + colour) * 224 * 224 + pixel] = (float)((frames[i] / 255.0 - Means[colour]) / Deviations[colour]);
        }
        AssertSameDirections(model.Embed(zeros(Items, 1024, 128), tensor(planes, [Items, 3, 224, 224])).Visual, actual);
    }

    private string Export() => BundleExporter.Export(
        new ExportOptions { CheckpointPath = Weights, OutputFolder = folder.File("bundle"), Name = "small", Heads = Heads, Trained = false }).Folder;

    private OnnxModel LogMelGraph()
    {
        using var checkpoint = Checkpoint.Open(Weights);
        using ModelFiles files = new(folder.FullPath, _ => { }, CancellationToken.None);
        files.Add("log_mel.onnx", EncoderGraph.Build(checkpoint, EncoderSizesFinder.Find(checkpoint, Heads), Modality.Audio, new GraphOptions { Part = GraphPart.LogMelOnly }));
        files.Finish();
        return new OnnxModel(folder.File("log_mel.onnx"));
    }

    private static void AssertSameDirections(Tensor expected, float[] actual)
    {
        float[] vectors = SmallModel.Values(expected);
        for (int item = 0; item < Items; item++)
        {
            double cosine = Vectors.Cosine(vectors.AsSpan(item * Width, Width), actual.AsSpan(item * Width, Width));
            Assert.True(cosine >= Tolerances.ExportedCosine, $"item {item}: cosine {cosine:f8}");
        }
        // Vectors of different items differ far more than the tolerance lets the same one differ.
        Assert.True(Vectors.Cosine(vectors.AsSpan(0, Width), vectors.AsSpan(Width, Width)) < Tolerances.ExportedCosine);
    }
}
