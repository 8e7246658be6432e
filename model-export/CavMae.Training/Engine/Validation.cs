using CavMae.Model;
using CavMae.Retrieval.Search;
using CavMae.Training.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Training.Engine;

/// <summary>Retrieval on a validation set (section 4.3's protocol): one frame, whole inputs, every pair ranked.</summary>
/// <param name="AudioToVisual">Sound asks, pictures answer.</param>
/// <param name="VisualToAudio">Pictures ask, sound answers.</param>
internal sealed record ValidationReport(RecallReport AudioToVisual, RecallReport VisualToAudio)
{
    /// <summary>What the best weights are chosen by: the mean of both directions' recalls.</summary>
    public double Score => (Sum(AudioToVisual) + Sum(VisualToAudio)) / 6;

    private static double Sum(RecallReport report) => report.RecallAt1 + report.RecallAt5 + report.RecallAt10;
}

internal static class Validation
{
    private const int Batch = 16;

    public static ValidationReport Run(CavMaeModel model, ISampleSource source, int pairs, Device device, CancellationToken cancellation)
    {
        int count = pairs == 0 ? source.Count : Math.Min(pairs, source.Count);
        using DisposeScope scope = NewDisposeScope();
        using var noGradient = no_grad();
        List<Tensor> audio = [], visual = [];
        for (int first = 0; first < count; first += Batch)
        {
            cancellation.ThrowIfCancellationRequested();
            int size = Math.Min(Batch, count - first);
            float[] spectrograms = new float[size * SampleSizes.SpectrogramLength], pictures = new float[size * SampleSizes.PictureLength];
            Parallel.For(0, size, i => source.Read(
                first + i, 0, 0,
                spectrograms.AsSpan(i * SampleSizes.SpectrogramLength, SampleSizes.SpectrogramLength),
                pictures.AsSpan(i * SampleSizes.PictureLength, SampleSizes.PictureLength)));
            using DisposeScope inner = NewDisposeScope();
            (Tensor a, Tensor v) = model.Embed(BatchTensors.Spectrograms(spectrograms, size, device), BatchTensors.Pictures(pictures, size, device));
            audio.Add(a.MoveToOuterDisposeScope());
            visual.Add(v.MoveToOuterDisposeScope());
        }
        float[] scores = [.. cat(audio).mm(cat(visual).t()).cpu().data<float>()];
        return new ValidationReport(RecallReport.FromScores(scores, count), RecallReport.FromScores(scores, count, columnsAsk: true));
    }
}

/// <summary>Samples as the model takes them.</summary>
internal static class BatchTensors
{
    public static Tensor Spectrograms(float[] values, int count, Device device) =>
        tensor(values.AsMemory(0, count * SampleSizes.SpectrogramLength), [count, SampleSizes.Frames, SampleSizes.MelBins]).to(device);

    public static Tensor Pictures(float[] values, int count, Device device) =>
        tensor(values.AsMemory(0, count * SampleSizes.PictureLength), [count, 3, SampleSizes.PictureSide, SampleSizes.PictureSide]).to(device);
}
