using CavMae.Model;
using CavMae.Training.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Training.Engine;

/// <summary>One step of training on one device: forward, backward and, with the last batch of an update, Adam.</summary>
internal sealed class TrainingStep : IDisposable
{
    /// <summary>The losses in the order of the values that <see cref="Run"/> gives.</summary>
    public static readonly string[] Losses = ["total", "mae_a", "mae_v", "contrastive", "contrastive_accuracy"];

    private readonly TrainingOptions options;
    private readonly CavMaeModel model;
    private readonly Device device;

    public TrainingStep(TrainingOptions options, CavMaeModel model, Device device)
    {
        (this.options, this.model, this.device) = (options, model, device);
        model.to(device);
        model.ComputeType = ComputeTypeOf(options.Precision, device);
        Adam = new Adam(model.TrainableParameters(), options.Beta1, options.Beta2, options.WeightDecay);
        Scaler = new LossScaler(model.ComputeType == ScalarType.Float16);
    }

    public Adam Adam { get; }

    public LossScaler Scaler { get; }

    /// <summary>What matrices are multiplied in, by name.</summary>
    public string ComputeType => $"{model.ComputeType}";

    /// <param name="batch">The pairs.</param>
    /// <param name="step">Batches before this one in the whole run; with the run's seed it decides the masks.</param>
    /// <param name="batchesOfUpdate">Batches whose gradients this update averages.</param>
    /// <param name="isLastOfUpdate">Whether this batch is their last.</param>
    /// <param name="learningRate">Of the update.</param>
    /// <returns>The values of <see cref="Losses"/>; NaN for one that has no weight.</returns>
    /// <exception cref="TrainingException">The loss or a gradient is not a number; the weights are as they were.</exception>
    public double[] Run(Batch batch, long step, int batchesOfUpdate, bool isLastOfUpdate, double learningRate)
    {
        using DisposeScope scope = NewDisposeScope();
        MaskingNoise noise = MaskingNoise.Create(batch.Count, options.Objective, NoiseSeed(options.Seed, step));
        double[] values = Values(model.Forward(
            BatchTensors.Spectrograms(batch.Spectrograms, batch.Count, device), BatchTensors.Pictures(batch.Pictures, batch.Count, device), options.Objective, noise),
            out Tensor total);
        if (!double.IsFinite(values[0]))
            throw NotANumber($"the loss is {values[0]}", step);
        (total * (Scaler.Scale / batchesOfUpdate)).backward();
        if (isLastOfUpdate)
        {
            switch (Scaler.Unscale(Adam))
            {
                case GradientState.Finite:
                    Adam.Update(learningRate);
                    break;
                case GradientState.NotFinite:
                    throw NotANumber("a gradient is not a number", step);
                default:
                    break; // Overflow: this update is left out, the next one is scaled less.
            }
            Adam.ClearGradients();
        }
        return values;
    }

    /// <summary>libtorch's generator takes 32 bits: each seed begins at a point of its own, far from the others'; seed 1 at 0.</summary>
    internal static ulong NoiseSeed(int seed, long step)
    {
        const uint GoldenRatio = 0x9E3779B9;
        return unchecked((uint)step + (uint)(seed - 1) * GoldenRatio);
    }

    internal static double[] Values(TrainingLosses losses, out Tensor total)
    {
        total = losses.Total;
        return [Number(losses.Total), Number(losses.AudioMae), Number(losses.VisualMae), Number(losses.Contrastive), Number(losses.ContrastiveAccuracy)];
    }

    public void Dispose() => Adam.Dispose();

    private static double Number(Tensor? loss) => loss is null ? double.NaN : loss.item<float>();

    private static TrainingException NotANumber(string what, long step) => new(
        $"At step {step} {what}. The run stops; what was saved is from before. Take a lower learningRate or a longer warmupUpdates, and check the data for values that are not numbers.");

    private static ScalarType ComputeTypeOf(ComputePrecision precision, Device device) => precision switch
    {
        ComputePrecision.Auto => device.type == DeviceType.CUDA ? ScalarType.Float16 : ScalarType.Float32,
        ComputePrecision.Float16 when device.type != DeviceType.CUDA => throw new TrainingException("precision float16 needs a CUDA device: take float32 or bFloat16 on the CPU."),
        ComputePrecision.Float16 => ScalarType.Float16,
        ComputePrecision.BFloat16 => ScalarType.BFloat16,
        ComputePrecision.Float32 => ScalarType.Float32,
        _ => throw new TrainingException($"precision is {precision}; it is auto, float32, float16 or bFloat16."),
    };
}
