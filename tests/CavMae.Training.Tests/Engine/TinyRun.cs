using CavMae.Model;
using CavMae.Training.Data;
using CavMae.Training.Engine;
using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Training.Tests.Engine;

/// <summary>Runs of a model that trains in a second or two.</summary>
internal static class TinyRun
{
    public static readonly TrainingOptions Options = new()
    {
        Model = new CavMaeOptions { EmbedDim = 16, Heads = 2, Depth = 2, ModalityDepth = 1, DecoderEmbedDim = 16, DecoderDepth = 1, DecoderHeads = 2 },
        Objective = new ObjectiveOptions { MaeWeight = 0.1, ContrastiveWeight = 1, Bidirectional = true },
        Epochs = 2,
        BatchSize = 4,
        LearningRate = 2e-3,
        Schedule = new ScheduleOptions { WarmupUpdates = 4, HalveAfterEpochs = [] },
        SaveEvery = 2,
        SyntheticClips = 8,
        ValidationPairs = 8,
    };

    /// <summary>Trains, or goes on; <paramref name="stopAfter"/> steps in all it is cancelled.</summary>
    public static TrainingResult? Train(string folder, TrainingOptions options, ISampleSource source, ISampleSource? validation = null, long? stopAfter = null, Action<string>? warn = null, Action<int, ValidationReport>? epochDone = null, TimeSpan? budget = null)
    {
        using CancellationTokenSource cancellation = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        random.manual_seed(options.Seed);
        using CavMaeModel model = new(options.Model);
        Trainer? running = null;
        TrainingListener listener = new(
            Step: _ =>
            {
                if (running!.Position.Step == stopAfter)
                    cancellation.Cancel();
            },
            Epoch: epochDone, Warn: warn);
        using RunFolder run = new(folder);
        using Trainer trainer = new(options, run, model, source, validation, CPU, listener);
        running = trainer;
        try
        {
            return trainer.Run(budget, cancellation.Token);
        }
        catch (OperationCanceledException) when (stopAfter is not null)
        {
            return null;
        }
    }

    public static string[] Steps(string folder) => File.ReadAllLines(Path.Combine(folder, "steps.csv"));

    public static byte[] Weights(string folder) => File.ReadAllBytes(Path.Combine(folder, "last.safetensors"));
}
