using CavMae.Model;
using CavMae.Retrieval.Search;
using CavMae.Training.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Training.Engine;

/// <summary>Retrieval on a validation set (section 4.3's protocol: one frame, whole inputs, every pair ranked), and the training loss there.</summary>
/// <param name="AudioToVisual">Sound asks, pictures answer.</param>
/// <param name="VisualToAudio">Pictures ask, sound answers.</param>
/// <param name="Loss">Mean of the run's total loss over batches of 16, masked alike each time.</param>
internal sealed record ValidationReport(RecallReport AudioToVisual, RecallReport VisualToAudio, double Loss)
{
    /// <summary>
    /// What the best weights are chosen by, higher is better: the mean of both directions' recalls, or the loss where nothing is
    /// contrasted, since nothing is retrieved then.
    /// </summary>
    public double Score(ObjectiveOptions objective) => objective.ContrastiveWeight == 0 ? -Loss : (Sum(AudioToVisual) + Sum(VisualToAudio)) / 6;

    private static double Sum(RecallReport report) => report.RecallAt1 + report.RecallAt5 + report.RecallAt10;
}

/// <summary>Ranks a validation set with a model.</summary>
internal sealed class Validation(ISampleSource source, TrainingOptions options, Device device, Action<string> warn)
{
    private const int Batch = 16;

    /// <exception cref="TrainingException">Too many samples cannot be read, or the model gives what is no number.</exception>
    public ValidationReport Run(CavMaeModel model, CancellationToken cancellation)
    {
        int wanted = options.ValidationPairs == 0 ? source.Count : Math.Min(options.ValidationPairs, source.Count);
        using DisposeScope scope = NewDisposeScope();
        using var noGradient = no_grad();
        List<Tensor> audio = [], visual = [];
        float[] spectrograms = new float[Batch * SampleSizes.SpectrogramLength], pictures = new float[Batch * SampleSizes.PictureLength];
        int read = 0;
        double loss = 0;
        for (int first = 0; first < wanted; first += Batch)
        {
            cancellation.ThrowIfCancellationRequested();
            // Spread over the whole set, which may be sorted by folders.
            int[] indices = [.. Enumerable.Range(first, Math.Min(Batch, wanted - first)).Select(i => (int)((long)i * source.Count / wanted))];
            int count = Read(indices, spectrograms, pictures);
            read += count;
            if (first + indices.Length - read > options.MaxUnreadableShare * wanted)
                throw new TrainingException($"{first + indices.Length - read} of the first {first + indices.Length} validation samples cannot be read; at most {options.MaxUnreadableShare:0.0 %} of {wanted} may be.");
            if (count == 0)
                continue;
            using DisposeScope inner = NewDisposeScope();
            Tensor sounds = BatchTensors.Spectrograms(spectrograms, count, device), frames = BatchTensors.Pictures(pictures, count, device);
            (Tensor a, Tensor v) = model.Embed(sounds, frames);
            audio.Add(a.MoveToOuterDisposeScope());
            visual.Add(v.MoveToOuterDisposeScope());
            loss += count * TrainingStep.Values(model.Forward(sounds, frames, options.Objective, MaskingNoise.Create(count, options.Objective, (ulong)first)), out _)[0];
        }
        if (read == 0)
            throw new TrainingException("The validation set is empty.");
        return Report(audio, visual, read, loss / read);
    }

    private static ValidationReport Report(List<Tensor> audio, List<Tensor> visual, int count, double loss)
    {
        float[] scores = [.. cat(audio).mm(cat(visual).t()).cpu().data<float>()];
        if (!scores.All(float.IsFinite) || !double.IsFinite(loss))
            throw new TrainingException("The model gives vectors that are no numbers: it diverged. Take a lower learningRate or a longer warmupUpdates.");
        return new ValidationReport(RecallReport.FromScores(scores, count), RecallReport.FromScores(scores, count, columnsAsk: true), loss);
    }

    /// <summary>Reads samples side by side, without gaps for those that cannot be read; returns how many there are.</summary>
    private int Read(int[] indices, float[] spectrograms, float[] pictures)
    {
        SampleException?[] faults = new SampleException?[indices.Length];
        Parallel.For(0, indices.Length, i =>
        {
            try
            {
                source.Read(indices[i], epoch: 0, occurrence: 0, Slot(spectrograms, i, SampleSizes.SpectrogramLength), Slot(pictures, i, SampleSizes.PictureLength));
            }
            catch (SampleException fault)
            {
                faults[i] = fault;
            }
        });
        int count = 0;
        for (int i = 0; i < indices.Length; i++)
        {
            if (faults[i] is SampleException fault)
            {
                warn($"validation: skipped {source.NameOf(indices[i])}: {fault.Message}");
                continue;
            }
            Slot(spectrograms, i, SampleSizes.SpectrogramLength).CopyTo(Slot(spectrograms, count, SampleSizes.SpectrogramLength));
            Slot(pictures, i, SampleSizes.PictureLength).CopyTo(Slot(pictures, count, SampleSizes.PictureLength));
            count++;
        }
        return count;
    }

    private static Span<float> Slot(float[] values, int slot, int length) => values.AsSpan(slot * length, length);
}

/// <summary>Samples as the model takes them.</summary>
internal static class BatchTensors
{
    public static Tensor Spectrograms(float[] values, int count, Device device) =>
        tensor(values.AsMemory(0, count * SampleSizes.SpectrogramLength), [count, SampleSizes.Frames, SampleSizes.MelBins]).to(device);

    public static Tensor Pictures(float[] values, int count, Device device) =>
        tensor(values.AsMemory(0, count * SampleSizes.PictureLength), [count, 3, SampleSizes.PictureSide, SampleSizes.PictureSide]).to(device);
}
