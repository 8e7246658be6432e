using System.Diagnostics;
using CavMae.Benchmarks.Reporting;
using CavMae.Benchmarks.Running;
using CavMae.Model;
using CavMae.Synthetic;
using CavMae.Training.Data;
using CavMae.Training.Engine;
using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Benchmarks;

/// <summary>Training steps as <c>cavmae-train</c> makes them: pairs a second, arithmetic beside a plain matrix product's, waiting for data, memory.</summary>
internal static class TrainingBenchmark
{
    private const int MatrixSide = 2048;
    private const int LongRunSteps = 1000;
    private const double LeastShare = 0.5, MostWaiting = 0.05, MostGrowth = 1.05;

    public static async Task RunAsync(Workspace workspace, Report report, CancellationToken cancellationToken)
    {
        report.Section("Training", $"Forward, backward and Adam on {get_num_threads()} threads, libtorch's CPU build. Arithmetic counts matrix products and attention alone; beside it, float32 products of two {MatrixSide.Format()} × {MatrixSide.Format()} matrices, taken in turn with the steps.");
        List<string[]> rows = [];
        (string Name, TrainingOptions Options, int Turns)[] subjects =
        [
            ("recipe `demo` (128 wide, 5 + 1 blocks), batch 64", Recipes.All["demo"], 9),
            ("384 wide, 5 + 1 blocks, decoder 256 × 2, batch 16", Middle, 7),
            ("recipe `base` (ViT-B), batch 4", Recipes.All["base"] with { BatchSize = 4 }, 3),
        ];
        foreach ((string name, TrainingOptions options, int turns) in subjects)
        {
            report.Progress($"  {name}");
            (double samplesPerSecond, double share, double gigaflops, double plain) = Steps(options, turns, cancellationToken);
            rows.Add([name, samplesPerSecond.Format("0.0"), gigaflops.Format("0"), plain.Format("0"), share.Format("0.00")]);
            report.Aim($"training: arithmetic ÷ plain product, {name}", $"≥ {LeastShare.Format("0.00")}", share.Format("0.00"), share >= LeastShare);
        }
        report.Table(["settings|", "pairs/s", "GFLOP/s", "plain product, GFLOP/s", "share"], rows);
        await Task.Run(() => Waiting(workspace, report, cancellationToken), cancellationToken);
        Memory(report, cancellationToken);
    }

    private static TrainingOptions Middle => Recipes.All["base"] with
    {
        Model = new CavMaeOptions { EmbedDim = 384, Heads = 6, Depth = 6, ModalityDepth = 5, DecoderEmbedDim = 256, DecoderDepth = 2, DecoderHeads = 8 },
        BatchSize = 16,
    };

    private static (double SamplesPerSecond, double Share, double Gigaflops, double Plain) Steps(TrainingOptions options, int turns, CancellationToken cancellation)
    {
        using StepSubject subject = new(options);
        using Tensor left = randn(MatrixSide, MatrixSide), right = randn(MatrixSide, MatrixSide);
        double productFlops = 2.0 * MatrixSide * MatrixSide * MatrixSide, stepFlops = options.BatchSize * ModelCost.PerPair(options.Model, options.Objective);
        Samples steps = new(), products = new(), shares = new();
        subject.Step();
        for (int turn = 0; turn < turns; turn++)
        {
            cancellation.ThrowIfCancellationRequested();
            int repeats = Math.Max(1, (int)(stepFlops / productFlops / 2)); // about as long as the step
            products.Time(() =>
            {
                for (int i = 0; i < repeats; i++)
                    left.mm(right).Dispose();
                return 0;
            });
            steps.Time(() => subject.Step());
            shares.Add(stepFlops / steps.Last / (repeats * productFlops / products.Last));
        }
        double perMillisecond = stepFlops / steps.Median / 1e6;
        return (options.BatchSize / steps.Median * 1000, shares.Median, perMillisecond, perMillisecond / shares.Median);
    }

    private static void Waiting(Workspace workspace, Report report, CancellationToken cancellation)
    {
        report.Progress("  a run on synthetic clips");
        TrainingOptions options = Recipes.All["demo"] with { Epochs = 1, StopAfterEpoch = 0, SyntheticClips = 40 * 64 };
        using CavMaeModel model = new(options.Model);
        SyntheticSource source = new(SyntheticSplit.Training, options.Seed, options.SyntheticClips, isTraining: true, noise: true);
        using RunFolder folder = new(workspace.NewFolder("training"));
        using Trainer trainer = new(options, folder, model, source, validation: null, CPU);
        TrainingResult result = trainer.Run(TimeSpan.FromMinutes(3), cancellation);
        report.Note($"A run of the recipe `demo` on clips made as it goes, {result.Position.Step} steps in {result.Position.Seconds.Format("0")} s: {(100 * result.WaitingShare).Format("0.0")} % of the time was spent waiting for data (one thread reads ahead).");
        report.Aim("training: share of time waiting for data", $"≤ {MostWaiting.Format("0.00")}", result.WaitingShare.Format("0.000"), result.WaitingShare <= MostWaiting);
    }

    private static void Memory(Report report, CancellationToken cancellation)
    {
        report.Progress($"  {LongRunSteps} steps of a small model");
        TrainingOptions options = Recipes.All["demo"] with
        {
            Model = new CavMaeOptions { EmbedDim = 32, Heads = 4, Depth = 2, ModalityDepth = 1, DecoderEmbedDim = 32, DecoderDepth = 1, DecoderHeads = 4 },
            BatchSize = 4,
        };
        using StepSubject subject = new(options);
        long tensorsEarly = 0, bytesEarly = 0;
        for (int step = 1; step <= LongRunSteps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            subject.Step();
            if (step == LongRunSteps / 10)
                (tensorsEarly, bytesEarly) = (Tensor.TotalCount, ResidentBytes());
        }
        long tensors = Tensor.TotalCount;
        double growth = (double)ResidentBytes() / bytesEarly;
        report.Note($"{LongRunSteps.Format()} steps of a model 32 wide, batch 4: {tensorsEarly} live tensors after {LongRunSteps / 10} steps, {tensors} after all; resident memory {(bytesEarly / 1e6).Format("0")} MB, then {(bytesEarly * growth / 1e6).Format("0")} MB.");
        report.Aim("training: memory after 1,000 steps ÷ after 100", $"≤ {MostGrowth.Format("0.00")}, no more tensors", $"{growth.Format("0.000")}, {tensors - tensorsEarly} more tensors", growth <= MostGrowth && tensors <= tensorsEarly);
    }

    private static long ResidentBytes()
    {
        GC.Collect();
        using Process self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }

    /// <summary>A model, its optimizer and a batch of noise.</summary>
    private sealed class StepSubject : IDisposable
    {
        private readonly TrainingOptions options;
        private readonly CavMaeModel model;
        private readonly Adam adam;
        private readonly Tensor audio, visual;

        public StepSubject(TrainingOptions options)
        {
            this.options = options;
            model = new CavMaeModel(options.Model);
            adam = new Adam(model.TrainableParameters(), options.Beta1, options.Beta2, options.WeightDecay);
            audio = randn(options.BatchSize, SampleSizes.Frames, SampleSizes.MelBins);
            visual = randn(options.BatchSize, 3, SampleSizes.PictureSide, SampleSizes.PictureSide);
        }

        public double Step()
        {
            using DisposeScope scope = NewDisposeScope();
            TrainingLosses losses = model.Forward(audio, visual, options.Objective, MaskingNoise.Create(options.BatchSize, options.Objective, (ulong)adam.Updates));
            double loss = losses.Total.item<float>();
            losses.Total.backward();
            adam.Update(1e-4);
            adam.ClearGradients();
            return loss;
        }

        public void Dispose()
        {
            audio.Dispose();
            visual.Dispose();
            adam.Dispose();
            model.Dispose();
        }
    }
}
