using CavMae.Checkpoints;
using CavMae.Export;
using CavMae.Model;
using CavMae.Synthetic;
using CavMae.Tests.Shared;
using CavMae.Training.Data;
using CavMae.Training.Engine;

namespace CavMae.Training.Tests.Engine;

public sealed class TrainerTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Run => folder.File("run");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Run_EasyPairs_LossFallsAndPartnersAreFound()
    {
        TrainingOptions options = TinyRun.Options with { Epochs = 12, BatchSize = 8, LearningRate = 5e-3 };
        PatternSource source = new(32);

        TrainingResult result = TinyRun.Train(Run, options, source, new PatternSource(8))!;

        double[] losses = [.. TinyRun.Steps(Run).Skip(1).Select(line => double.Parse(line.Split(',')[6], System.Globalization.CultureInfo.InvariantCulture))];
        double first = losses[..4].Average(), last = losses[^4..].Average();
        Assert.True(last < 0.75 * first, $"the contrastive loss went from {first} to {last} only");
        Assert.True(result.Validation!.AudioToVisual.RecallAt1 > 2 * result.Validation.AudioToVisual.ChanceAt(1), $"R@1 is {result.Validation.AudioToVisual.RecallAt1}");
    }

    [Fact]
    public void Run_Finished_LeavesWeightsCurvesAndTables()
    {
        TinyRun.Train(Run, TinyRun.Options, new PatternSource(8), new PatternSource(8));

        Assert.Equal(
            ["best.safetensors", "curves.png", "epochs.csv", "last.safetensors", "state.safetensors", "steps.csv"],
            Directory.GetFiles(Run).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(3, File.ReadAllLines(Path.Combine(Run, "epochs.csv")).Length);
        using Checkpoint best = Checkpoint.Open(Path.Combine(Run, "best.safetensors"));
        Assert.Contains("blocks_u.0.norm1_a.weight", best.Names);
        Assert.DoesNotContain(best.Names, name => name.StartsWith("adam.", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_ValueThatIsNoNumber_StopsAndKeepsTheStateFromBefore()
    {
        TrainingOptions options = TinyRun.Options with { Epochs = 1, SaveEvery = 1 };
        PatternSource source = new(24) { NotANumber = SampleOrder.Shuffled(24, options.Seed, 0)[17] };

        TrainingException problem = Assert.Throws<TrainingException>(() => TinyRun.Train(Run, options, source));

        Assert.Contains("At step 4 the loss is NaN", problem.Message, StringComparison.Ordinal);
        using Checkpoint state = Checkpoint.Open(Path.Combine(Run, "state.safetensors"));
        Assert.All(state.Names, name => Assert.DoesNotContain(state.ReadFloats(name), value => !float.IsFinite(value)));
    }

    [Fact]
    public void Run_DiskFullWhileSaving_SaysSoAndKeepsTheEarlierState()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "/dev/full stands for a full disk, and is not there");
        PatternSource source = new(24);
        TinyRun.Train(Run, TinyRun.Options with { Epochs = 1 }, source);
        string state = Path.Combine(Run, "state.safetensors");
        byte[] before = File.ReadAllBytes(state);
        File.CreateSymbolicLink(state + ".partial", "/dev/full");

        TrainingException problem = Assert.Throws<TrainingException>(() => TinyRun.Train(Run, TinyRun.Options with { Epochs = 2 }, source));

        Assert.Contains("could not be saved", problem.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(state));
        TinyRun.Train(folder.File("whole"), TinyRun.Options with { Epochs = 2 }, source);
        Assert.NotNull(TinyRun.Train(Run, TinyRun.Options with { Epochs = 2 }, source));
        Assert.Equal(TinyRun.Weights(folder.File("whole")), TinyRun.Weights(Run));
    }

    [Fact]
    public void Run_UnreadableSamples_AreNamedAndReplaced()
    {
        List<string> warnings = [];
        TrainingOptions options = TinyRun.Options with { Epochs = 1, MaxUnreadableShare = 0.15 };

        TinyRun.Train(Run, options, new PatternSource(24) { Unreadable = [3] }, new PatternSource(24) { Unreadable = [0] }, warn: warnings.Add);

        Assert.Equal(["skipped pattern 3: it is damaged", "validation: skipped pattern 0: it is damaged"], warnings);
        Assert.Contains("cannot be read", Assert.Throws<TrainingException>(
            () => TinyRun.Train(folder.File("bad"), options, new PatternSource(24) { Unreadable = [3, 4, 5, 6] })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_NoEpochs_SavesAndRanksTheInitialWeights()
    {
        TinyRun.Train(Run, TinyRun.Options with { Epochs = 0 }, new PatternSource(8), new PatternSource(8));
        Assert.True(File.Exists(Path.Combine(Run, "best.safetensors")));
        Assert.Single(TinyRun.Steps(Run));
        Assert.StartsWith("0,", File.ReadAllLines(Path.Combine(Run, "epochs.csv"))[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Run_TimeUpOrEpochReached_StopsThere()
    {
        TrainingResult timed = TinyRun.Train(Run, TinyRun.Options with { Epochs = 50 }, new PatternSource(8), budget: TimeSpan.FromTicks(1))!;
        Assert.Equal((true, 1), (timed.TimeIsUp, timed.Position.Step));

        TrainingResult stopped = TinyRun.Train(folder.File("stopped"), TinyRun.Options with { Epochs = 9, StopAfterEpoch = 2 }, new PatternSource(8))!;
        Assert.Equal((false, 4), (stopped.TimeIsUp, stopped.Position.Step));
    }

    [Fact]
    public void Run_MaskedOnly_ChoosesTheBestByItsLoss()
    {
        List<(double Loss, double Recall)> epochs = [];
        TrainingOptions options = TinyRun.Options with { Epochs = 3, Objective = new ObjectiveOptions { ContrastiveWeight = 0 } };

        TrainingResult result = TinyRun.Train(Run, options, new PatternSource(8), new PatternSource(8), epochDone: (_, report) => epochs.Add((report.Loss, report.AudioToVisual.RecallAt1)))!;

        Assert.Equal(-epochs.Min(epoch => epoch.Loss), result.Position.BestScore);
    }

    [Fact]
    public void State_Exported_IsRefusedAndNamesTheRightFile()
    {
        TinyRun.Train(Run, TinyRun.Options, new PatternSource(8));

        ExportException refusal = Assert.Throws<ExportException>(() => BundleExporter.Export(
            new ExportOptions { CheckpointPath = Path.Combine(Run, "state.safetensors"), OutputFolder = folder.File("bundle"), Name = "state" },
            null, TestContext.Current.CancellationToken));

        Assert.Contains("give best.safetensors or last.safetensors", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Best_Exported_KnowsItsHeads()
    {
        TinyRun.Train(Run, TinyRun.Options, new PatternSource(8));
        Assert.Equal(TinyRun.Options.Model.Heads, Export("bundle", heads: null).Heads);
        Assert.Throws<ExportException>(() => Export("other", heads: 4));

        ExportResult Export(string name, int? heads) => BundleExporter.Export(
            new ExportOptions { CheckpointPath = Path.Combine(Run, "best.safetensors"), OutputFolder = folder.File(name), Name = name, Heads = heads },
            progress: null, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Constructor_FewerSamplesThanABatch_IsRefused()
    {
        TrainingException problem = Assert.Throws<TrainingException>(() => TinyRun.Train(Run, TinyRun.Options, new PatternSource(3)));
        Assert.Contains("fewer than one batch of 4", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_TruncatedState_IsRefused()
    {
        TinyRun.Train(Run, TinyRun.Options, new PatternSource(8));
        string state = Path.Combine(Run, "state.safetensors");
        using (FileStream file = File.OpenWrite(state))
            file.SetLength(file.Length / 2);

        CheckpointException problem = Assert.Throws<CheckpointException>(() => TinyRun.Train(Run, TinyRun.Options with { Epochs = 3 }, new PatternSource(8)));
        Assert.Contains("state.safetensors", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SyntheticSource_SameClip_GivesTheSameNumbersAndFreshClipsEachEpoch()
    {
        SyntheticSource training = new(SyntheticSplit.Training, seed: 3, count: 10, isTraining: true, noise: true);
        (float[] Sound, float[] Picture) first = Read(training, 4, 0), again = Read(training, 4, 0), later = Read(training, 4, 1);
        Assert.Equal(first.Sound, again.Sound);
        Assert.Equal(first.Picture, again.Picture);
        Assert.NotEqual(first.Picture, later.Picture);

        SyntheticSource validation = new(SyntheticSplit.HeldOut, seed: 3, count: 10, isTraining: false);
        Assert.Equal(Read(validation, 4, 0).Picture, Read(validation, 4, 1).Picture);
    }

    private static (float[] Sound, float[] Picture) Read(SyntheticSource source, int index, int epoch)
    {
        (float[] sound, float[] picture) = (new float[SampleSizes.SpectrogramLength], new float[SampleSizes.PictureLength]);
        source.Read(index, epoch, 0, sound, picture);
        return (sound, picture);
    }
}
