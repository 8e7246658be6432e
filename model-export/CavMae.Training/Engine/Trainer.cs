using System.Diagnostics;
using CavMae.Model;
using CavMae.Training.Data;
using CavMae.Training.Reporting;
using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Training.Engine;

/// <summary>How a run stands, told after each step.</summary>
internal sealed record TrainingProgress(int Epoch, int Batch, int BatchesPerEpoch, double Loss, double SamplesPerSecond, double WaitingShare, TimeSpan Left);

/// <summary>What a run came to.</summary>
internal sealed record TrainingResult(TrainingPosition Position, ValidationReport? Validation, bool TimeIsUp, double WaitingShare);

/// <summary>
/// Trains a CAV-MAE (section 4.1) and keeps the run's files. Everything random is drawn from the seed and the position, so that a
/// run that was cut off goes on from its last saved state with the losses it would have had.
/// </summary>
internal sealed class Trainer : IDisposable
{
    private static readonly string[] StepColumns = ["step", "epoch", "learning_rate", "total", "mae_a", "mae_v", "contrastive", "contrastive_accuracy"];
    private static readonly string[] EpochColumns =
    [
        "epoch", "total", "mae_a", "mae_v", "contrastive", "contrastive_accuracy", "samples_per_second", "waiting_share", "seconds",
        "audio_to_visual_r1", "audio_to_visual_r5", "audio_to_visual_r10", "audio_to_visual_medr",
        "visual_to_audio_r1", "visual_to_audio_r5", "visual_to_audio_r10", "visual_to_audio_medr",
    ];

    private readonly TrainingOptions options;
    private readonly RunFolder folder;
    private readonly ISampleSource source;
    private readonly ISampleSource? validation;
    private readonly Device device;
    private readonly Adam adam;
    private readonly LossScaler scaler;
    private readonly CsvLog steps, epochs;
    private readonly Stopwatch clock = new();
    private readonly int batchesPerEpoch;
    private TrainingPosition position = new();

    /// <summary>The position after the last update: what the weights and Adam's moments belong to, and what is saved.</summary>
    private TrainingPosition settled = new();
    private ValidationReport? lastValidation;

    /// <summary>Starts a run, or goes on with the one that <paramref name="folder"/> holds.</summary>
    /// <param name="model">Of the run's sizes, its start weights loaded; a saved state replaces them.</param>
    /// <exception cref="TrainingException">The data set is empty, or too small for a batch; or the folder holds another run.</exception>
    public Trainer(TrainingOptions options, RunFolder folder, CavMaeModel model, ISampleSource source, ISampleSource? validation, Device device)
    {
        (this.options, this.folder, this.source, this.validation, this.device) = (options, folder, source, validation, device);
        Model = model;
        batchesPerEpoch = source.Count / options.BatchSize;
        if (batchesPerEpoch == 0)
            throw new TrainingException($"The data set has {source.Count} sample(s), fewer than one batch of {options.BatchSize}: take a smaller batchSize, or more data.");
        model.to(device);
        model.ComputeType = ComputeTypeOf(options.Precision, device);
        adam = new Adam(model.TrainableParameters(), options.Beta1, options.Beta2, options.WeightDecay);
        scaler = new LossScaler(model.ComputeType == ScalarType.Float16);
        if (File.Exists(folder.State))
        {
            CheckSameRun();
            position = TrainingState.Load(folder.State, model, adam);
            (scaler.Scale, scaler.GoodUpdates) = (position.LossScale, position.GoodUpdates);
            settled = position;
        }
        steps = new CsvLog(folder.Steps, StepColumns, position.Step);
        epochs = new CsvLog(folder.Epochs, EpochColumns, position.Epoch + 1);
    }

    public CavMaeModel Model { get; }

    /// <summary>Where the run stands; after the constructor, where it will go on.</summary>
    public TrainingPosition Position => position;

    public int BatchesPerEpoch => batchesPerEpoch;

    /// <summary>Told of each step, on the calling thread.</summary>
    public Action<TrainingProgress>? StepDone { get; init; }

    /// <summary>Told of each validation, on the calling thread.</summary>
    public Action<int, ValidationReport>? EpochDone { get; init; }

    /// <summary>Told of samples that could not be read, as they are met.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>Trains to the last epoch, or until <paramref name="budget"/> seconds of training are spent in all.</summary>
    /// <exception cref="TrainingException">A loss that is not a number, too many unreadable samples, or a file that cannot be written.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the state at the last whole step was saved.</exception>
    public TrainingResult Run(TimeSpan? budget, CancellationToken cancellation)
    {
        clock.Start();
        double before = position.Seconds;
        double[]? balanced = options.BalancedSampling ? BalancedWeights() : null;
        using BatchLoader loader = new(source, new BatchLoaderOptions
        {
            BatchSize = options.BatchSize,
            Workers = options.Workers,
            BatchesAhead = options.BatchesAhead,
            Seed = options.Seed,
            MaxUnreadableShare = options.MaxUnreadableShare,
            DropLast = true,
            OrderOfEpoch = balanced is null ? null : epoch => SampleOrder.Balanced(balanced, options.Seed, epoch),
        });
        bool timeIsUp = false;
        int named = 0;
        while (position.Epoch < LastEpoch && !timeIsUp)
        {
            long epochStart = Stopwatch.GetTimestamp();
            int samples = 0;
            try
            {
                foreach (Batch batch in loader.Read(position.Epoch, position.Batch, cancellation))
                {
                    double loss;
                    using (batch)
                        loss = Step(batch);
                    samples += batch.Count;
                    foreach (UnreadableSample sample in loader.Unreadable.Skip(named))
                    {
                        named++;
                        Warn?.Invoke($"skipped {sample.Name}: {sample.Fault}");
                    }
                    position = position with { Seconds = before + clock.Elapsed.TotalSeconds };
                    double rate = samples / Stopwatch.GetElapsedTime(epochStart).TotalSeconds;
                    StepDone?.Invoke(new TrainingProgress(position.Epoch, position.Batch, batchesPerEpoch, loss, rate, loader.WaitingShare, Left(rate)));
                    timeIsUp = budget is not null && position.Seconds >= budget.Value.TotalSeconds;
                    if (timeIsUp)
                        break;
                    if (options.SaveEvery > 0 && position.Batch % options.SaveEvery == 0)
                        Save();
                    cancellation.ThrowIfCancellationRequested();
                }
            }
            catch (UnreadableSamplesException problem)
            {
                throw new TrainingException(problem.Message, problem);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                Save();
                throw;
            }
            double samplesPerSecond = samples / Stopwatch.GetElapsedTime(epochStart).TotalSeconds;
            if (!timeIsUp)
                position = settled = position with { Epoch = position.Epoch + 1, Batch = 0 };
            FinishEpoch(timeIsUp ? position.Epoch + 1 : position.Epoch, samplesPerSecond, loader.WaitingShare, cancellation);
        }
        return new TrainingResult(position, lastValidation, timeIsUp, loader.WaitingShare);
    }

    private double[] BalancedWeights() => source is DatasetSource { LabelCount: > 0 } dataset
        ? dataset.BalancedWeights()
        : throw new TrainingException("balancedSampling needs a data set with labels and a label table (--labels).");

    private double Step(Batch batch)
    {
        using DisposeScope scope = NewDisposeScope();
        MaskingNoise noise = MaskingNoise.Create(batch.Count, options.Objective, unchecked(((ulong)(uint)options.Seed << 40) ^ (ulong)position.Step));
        TrainingLosses losses = Model.Forward(
            BatchTensors.Spectrograms(batch.Spectrograms, batch.Count, device), BatchTensors.Pictures(batch.Pictures, batch.Count, device),
            options.Objective, new MaskingNoise(noise.Audio.to(device), noise.Visual.to(device)));
        double[] values = [Number(losses.Total), Number(losses.AudioMae), Number(losses.VisualMae), Number(losses.Contrastive), Number(losses.ContrastiveAccuracy)];
        if (!double.IsFinite(values[0]))
        {
            throw new TrainingException(
                $"The loss is {values[0]} at step {position.Step} (epoch {position.Epoch + 1}, batch {position.Batch + 1}). The run stops; the last saved state is from before. "
                + "Take a lower learningRate or a longer warmupUpdates, and check the data for values that are not numbers.");
        }
        (losses.Total * (scaler.Scale / options.Accumulation)).backward();

        double rate = options.LearningRate * options.Schedule.ShareAt(adam.Updates, TotalUpdates, position.Epoch);
        bool isLastOfUpdate = (position.Batch + 1) % options.Accumulation == 0 || position.Batch + 1 == batchesPerEpoch;
        if (isLastOfUpdate)
        {
            if (scaler.Unscale(adam))
                adam.Update(rate);
            adam.ClearGradients();
        }
        steps.Add([position.Step, position.Epoch + 1, rate, .. values]);
        position = position with { Batch = position.Batch + 1, Step = position.Step + 1, Updates = adam.Updates, LossScale = scaler.Scale, GoodUpdates = scaler.GoodUpdates };
        if (isLastOfUpdate)
            settled = position;
        return values[0];
    }

    private void FinishEpoch(int epoch, double samplesPerSecond, double waitingShare, CancellationToken cancellation)
    {
        lastValidation = validation is null ? null : Validation.Run(Model, validation, options.ValidationPairs, device, cancellation);
        bool isBest = lastValidation is null || lastValidation.Score >= (position.BestScore ?? double.NegativeInfinity);
        if (lastValidation is not null && isBest)
            (position, settled) = (position with { BestScore = lastValidation.Score }, settled with { BestScore = lastValidation.Score });
        epochs.Add([
            epoch, .. MeansOf(epoch), samplesPerSecond, waitingShare, position.Seconds,
            .. Columns(lastValidation?.AudioToVisual), .. Columns(lastValidation?.VisualToAudio)]);
        TrainingState.Writing(folder.Path, () =>
        {
            CavMaeWeights.Save(Model, folder.Last);
            if (isBest)
                File.Copy(folder.Last, folder.Best + ".partial", overwrite: true);
            if (isBest)
                File.Move(folder.Best + ".partial", folder.Best, overwrite: true);
        });
        Save();
        TrainingCurves.Write(folder.Curves, steps, epochs);
        if (lastValidation is not null)
            EpochDone?.Invoke(epoch, lastValidation);
    }

    /// <summary>Means of an epoch's losses, from the log: a run that was cut off in the epoch has the same ones.</summary>
    private IEnumerable<double> MeansOf(int epoch)
    {
        List<double[]> rows = [.. steps.Rows.Where(row => row[1] == epoch)];
        for (int column = 3; column < StepColumns.Length; column++)
            yield return rows.Count == 0 ? double.NaN : rows.Average(row => row[column]);
    }

    private void Save() => TrainingState.Save(folder.State, Model, adam, settled with { Seconds = position.Seconds }, options);

    private void CheckSameRun()
    {
        TrainingOptions earlier = TrainingState.ReadOptions(folder.State);
        // How fast it runs and how long it goes on may change; what is computed may not.
        TrainingOptions comparable = options with
        {
            Workers = earlier.Workers,
            BatchesAhead = earlier.BatchesAhead,
            SaveEvery = earlier.SaveEvery,
            StopAfterEpoch = earlier.StopAfterEpoch,
            Epochs = earlier.Schedule.Cosine ? options.Epochs : earlier.Epochs,
            ValidationPairs = earlier.ValidationPairs,
            MaxUnreadableShare = earlier.MaxUnreadableShare,
        };
        if (comparable.ToJson() != earlier.ToJson())
            throw new TrainingException($"{folder.Path} holds a run of other settings (see {folder.State} and recipe.json): go on with the same ones, or give another --out.");
    }

    private int LastEpoch => options.StopAfterEpoch == 0 ? options.Epochs : options.StopAfterEpoch;

    private long TotalUpdates => (long)options.Epochs * ((batchesPerEpoch + options.Accumulation - 1) / options.Accumulation);

    private TimeSpan Left(double samplesPerSecond)
    {
        long batches = (long)LastEpoch * batchesPerEpoch - position.Step;
        return TimeSpan.FromSeconds(Math.Min(batches * options.BatchSize / Math.Max(samplesPerSecond, 1e-9), 1e9));
    }

    private static ScalarType ComputeTypeOf(ComputePrecision precision, Device device) => precision switch
    {
        ComputePrecision.Auto => device.type == DeviceType.CUDA ? ScalarType.Float16 : ScalarType.Float32,
        ComputePrecision.Float16 when device.type != DeviceType.CUDA => throw new TrainingException("precision float16 needs a CUDA device: take float32 or bFloat16 on the CPU."),
        ComputePrecision.Float16 => ScalarType.Float16,
        ComputePrecision.BFloat16 => ScalarType.BFloat16,
        _ => ScalarType.Float32,
    };

    private static double Number(Tensor? loss) => loss is null ? double.NaN : loss.item<float>();

    private static double[] Columns(Retrieval.Search.RecallReport? report) => report is null
        ? [double.NaN, double.NaN, double.NaN, double.NaN]
        : [report.RecallAt1, report.RecallAt5, report.RecallAt10, report.MedianRank];

    public void Dispose()
    {
        adam.Dispose();
        steps.Dispose();
        epochs.Dispose();
    }
}
