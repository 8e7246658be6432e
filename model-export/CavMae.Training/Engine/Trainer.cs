using System.Diagnostics;
using CavMae.Model;
using CavMae.Training.Data;
using static TorchSharp.torch;

namespace CavMae.Training.Engine;

/// <summary>How a run stands, told after each step.</summary>
internal sealed record TrainingProgress(int Epoch, int Batch, int BatchesPerEpoch, double Loss, double SamplesPerSecond, double WaitingShare, TimeSpan Left);

/// <summary>What a run came to.</summary>
internal sealed record TrainingResult(TrainingPosition Position, ValidationReport? Validation, bool TimeIsUp, double WaitingShare);

/// <summary>Whom a run tells how it goes; all on the calling thread.</summary>
internal sealed record TrainingListener(Action<TrainingProgress>? Step = null, Action<int, ValidationReport>? Epoch = null, Action<string>? Warn = null);

/// <summary>
/// Trains a CAV-MAE (section 4.1) and keeps the run's files. Everything random is drawn from the seed and the position, so that a
/// run that was cut off goes on from its last saved state with the losses it would have had.
/// </summary>
internal sealed class Trainer : IDisposable
{
    private readonly TrainingOptions options;
    private readonly RunFolder folder;
    private readonly CavMaeModel model;
    private readonly ISampleSource source;
    private readonly Validation? validation;
    private readonly TrainingListener listener;
    private readonly TrainingStep step;
    private readonly RunTables tables;
    private readonly Stopwatch clock = new();
    private readonly double secondsBefore;

    /// <summary>The position after the last update: what the weights and Adam's moments belong to, and what is saved.</summary>
    private TrainingPosition settled;
    private ValidationReport? lastReport;

    /// <summary>Starts a run, or goes on with the one that <paramref name="folder"/> holds.</summary>
    /// <param name="model">Of the run's sizes, its start weights loaded; a saved state replaces them.</param>
    /// <exception cref="TrainingException">The data set is empty, or too small for a batch; or the folder holds another run.</exception>
    public Trainer(TrainingOptions options, RunFolder folder, CavMaeModel model, ISampleSource source, ISampleSource? validation, Device device, TrainingListener? listener = null)
    {
        (this.options, this.folder, this.model, this.source, this.listener) = (options, folder, model, source, listener ?? new TrainingListener());
        BatchesPerEpoch = source.Count / options.BatchSize;
        if (BatchesPerEpoch == 0)
            throw new TrainingException($"The data set has {source.Count} sample(s), fewer than one batch of {options.BatchSize}: take a smaller batchSize, or more data.");
        this.validation = validation is null ? null : new Validation(validation, options, device, message => this.listener.Warn?.Invoke(message));
        step = new TrainingStep(options, model, device);
        try
        {
            string validationData = validation is null ? "" : DataIdentity.Of(validation);
            settled = new TrainingPosition { ComputeType = step.ComputeType, Data = DataIdentity.Of(source), ValidationData = validationData, LossScale = step.Scaler.Scale };
            if (File.Exists(folder.State))
                settled = GoOn(validationData);
            Position = settled;
            secondsBefore = settled.Seconds;
            tables = new RunTables(folder, settled);
        }
        catch
        {
            step.Dispose();
            throw;
        }
    }

    /// <summary>Where the run stands; after the constructor, where it will go on.</summary>
    public TrainingPosition Position { get; private set; }

    public int BatchesPerEpoch { get; }

    /// <summary>Trains to the last epoch, or until <paramref name="budget"/> of training is spent in all.</summary>
    /// <exception cref="TrainingException">A value that is not a number, too many unreadable samples, or a file that cannot be written.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the state after the last whole update was saved.</exception>
    public TrainingResult Run(TimeSpan? budget, CancellationToken cancellation)
    {
        clock.Start();
        using BatchLoader loader = Loader();
        bool timeIsUp = false;
        if (settled.FinishedEpochs < settled.Epoch || LastEpoch == 0) // Cut off between an epoch and its validation, or nothing to train.
            FinishEpoch(settled.Epoch, double.NaN, double.NaN, cancellation);
        while (Position.Epoch < LastEpoch && !timeIsUp)
        {
            (TimeSpan waited, TimeSpan ran) = (loader.WaitTime, loader.RunTime);
            (int samples, TimeSpan time, timeIsUp) = TrainEpoch(loader, budget, cancellation);
            if (!timeIsUp)
                Position = settled = Position with { Epoch = Position.Epoch + 1, Batch = 0 };
            double waiting = (loader.WaitTime - waited) / (loader.WaitTime - waited + loader.RunTime - ran);
            FinishEpoch(timeIsUp ? Position.Epoch + 1 : Position.Epoch, samples / time.TotalSeconds, waiting, cancellation);
        }
        return new TrainingResult(Position, lastReport, timeIsUp, loader.WaitingShare);
    }

    public void Dispose()
    {
        tables.Dispose();
        step.Dispose();
    }

    /// <summary>Trains from the position to the epoch's end, or until the time is up.</summary>
    private (int Samples, TimeSpan Time, bool TimeIsUp) TrainEpoch(BatchLoader loader, TimeSpan? budget, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        int samples = 0;
        int named = loader.Unreadable.Count;
        try
        {
            foreach (Batch batch in loader.Read(Position.Epoch, Position.Batch, cancellation))
            {
                double loss = Train(batch);
                samples += batch.Count;
                foreach (UnreadableSample sample in loader.Unreadable.Skip(named))
                {
                    named++;
                    listener.Warn?.Invoke($"skipped {sample.Name}: {sample.Fault}");
                }
                Tell(loss, samples / Stopwatch.GetElapsedTime(start).TotalSeconds, loader.WaitingShare);
                if (Position.Seconds >= budget?.TotalSeconds)
                    return (samples, Stopwatch.GetElapsedTime(start), true);
                if (options.SaveEvery > 0 && Position.Batch % options.SaveEvery == 0)
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
        return (samples, Stopwatch.GetElapsedTime(start), false);
    }

    /// <summary>One batch; returns its loss.</summary>
    private double Train(Batch batch)
    {
        using (batch)
        {
            int firstOfUpdate = Position.Batch / options.Accumulation * options.Accumulation;
            int batchesOfUpdate = Math.Min(options.Accumulation, BatchesPerEpoch - firstOfUpdate);
            bool isLastOfUpdate = Position.Batch == firstOfUpdate + batchesOfUpdate - 1;
            double rate = options.LearningRate * options.Schedule.ShareAt(step.Adam.Updates, TotalUpdates, Position.Epoch);
            double[] losses = step.Run(batch, Position.Step, batchesOfUpdate, isLastOfUpdate, rate);
            TrainingState.Writing(folder.Path, () => tables.AddStep(Position.Step, Position.Epoch + 1, rate, losses));
            Position = Position with
            {
                Batch = Position.Batch + 1,
                Step = Position.Step + 1,
                Updates = step.Adam.Updates,
                LossScale = step.Scaler.Scale,
                GoodUpdates = step.Scaler.GoodUpdates,
                Seconds = secondsBefore + clock.Elapsed.TotalSeconds,
            };
            if (isLastOfUpdate)
                settled = Position;
            return losses[0];
        }
    }

    /// <summary>Saves first: what was trained is kept whatever becomes of its validation.</summary>
    private void FinishEpoch(int epoch, double samplesPerSecond, double waitingShare, CancellationToken cancellation)
    {
        TrainingState.Writing(folder.Last, () => CavMaeWeights.Save(model, folder.Last));
        Save();
        lastReport = validation?.Run(model, cancellation);
        double? score = lastReport?.Score(options.Objective);
        if (score is null || score >= (settled.BestScore ?? double.NegativeInfinity))
        {
            TrainingState.Writing(folder.Best, () => CavMaeWeights.Save(model, folder.Best));
            settled = settled with { BestScore = score };
        }
        settled = settled with { FinishedEpochs = Math.Max(settled.FinishedEpochs, settled.Epoch) };
        Position = Position with { BestScore = settled.BestScore, FinishedEpochs = settled.FinishedEpochs, Seconds = secondsBefore + clock.Elapsed.TotalSeconds };
        TrainingState.Writing(folder.Path, () =>
        {
            tables.AddEpoch(epoch, lastReport, samplesPerSecond, waitingShare, Position.Seconds);
            tables.Draw(folder.Curves);
        });
        Save();
        if (lastReport is not null)
            listener.Epoch?.Invoke(epoch, lastReport);
    }

    private void Save() => TrainingState.Save(folder.State, model, step.Adam, settled with { Seconds = Position.Seconds }, options);

    private TrainingPosition GoOn(string validationData)
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
            throw new TrainingException($"{folder.Path} holds a run of other settings (see its recipe.json): go on with the same ones, or give another --out.");
        TrainingPosition saved = TrainingState.Load(folder.State, model, step.Adam);
        if (saved.Data != settled.Data)
            throw new TrainingException($"{folder.Path} holds a run on other training data ({saved.Data}, not {settled.Data}): go on with the same, or give another --out.");
        if (saved.ComputeType != settled.ComputeType)
            throw new TrainingException($"{folder.Path} holds a run computed in {saved.ComputeType}, not {settled.ComputeType}: go on with that precision on such a device, or give another --out.");
        (step.Scaler.Scale, step.Scaler.GoodUpdates) = (saved.LossScale, saved.GoodUpdates);
        // The best score says nothing of another validation set.
        return saved.ValidationData == validationData ? saved : saved with { ValidationData = validationData, BestScore = null };
    }

    private BatchLoader Loader()
    {
        double[]? balanced = options.BalancedSampling ? BalancedWeights() : null;
        return new BatchLoader(source, new BatchLoaderOptions
        {
            BatchSize = options.BatchSize,
            Workers = options.Workers == 0 ? Math.Max(1, Environment.ProcessorCount / 2) : options.Workers,
            BatchesAhead = options.BatchesAhead,
            Seed = options.Seed,
            MaxUnreadableShare = options.MaxUnreadableShare,
            DropLast = true,
            OrderOfEpoch = balanced is null ? null : epoch => SampleOrder.Balanced(balanced, options.Seed, epoch),
        });
    }

    private double[] BalancedWeights() => source is DatasetSource { LabelCount: > 0 } dataset && dataset.BalancedWeights() is var weights && weights.Any(weight => weight > 0)
        ? weights
        : throw new TrainingException("balancedSampling needs a data set with labels and a label table (--labels).");

    private void Tell(double loss, double samplesPerSecond, double waitingShare)
    {
        long batches = (long)LastEpoch * BatchesPerEpoch - Position.Step;
        TimeSpan left = TimeSpan.FromSeconds(Math.Min(batches * options.BatchSize / Math.Max(samplesPerSecond, 1e-9), 1e9));
        listener.Step?.Invoke(new TrainingProgress(Position.Epoch, Position.Batch, BatchesPerEpoch, loss, samplesPerSecond, waitingShare, left));
    }

    private int LastEpoch => options.StopAfterEpoch == 0 ? options.Epochs : options.StopAfterEpoch;

    private long TotalUpdates => (long)options.Epochs * ((BatchesPerEpoch + options.Accumulation - 1) / options.Accumulation);
}
