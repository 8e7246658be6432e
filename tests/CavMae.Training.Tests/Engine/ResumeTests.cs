using System.Diagnostics;
using CavMae.Tests.Shared;
using CavMae.Training.Engine;

namespace CavMae.Training.Tests.Engine;

/// <summary>A run that was cut off goes on as if it had not been.</summary>
public sealed class ResumeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(1, 3)] // in the first epoch, not where it is saved
    [InlineData(1, 6)] // at the epoch's end
    [InlineData(1, 9)] // in the second epoch
    [InlineData(2, 3)] // between two batches of one update
    public void Run_CancelledAndStartedAgain_GivesTheSameLossesAndWeights(int accumulation, int stopAfter)
    {
        TrainingOptions options = TinyRun.Options with { Accumulation = accumulation };
        PatternSource source = new(24);
        TinyRun.Train(folder.File("whole"), options, source);

        Assert.Null(TinyRun.Train(folder.File("cut"), options, source, stopAfter: stopAfter));
        Assert.NotNull(TinyRun.Train(folder.File("cut"), options, source));

        Assert.Equal(13, TinyRun.Steps(folder.File("whole")).Length);
        Assert.Equal(TinyRun.Steps(folder.File("whole")), TinyRun.Steps(folder.File("cut")));
        Assert.Equal(TinyRun.Weights(folder.File("whole")), TinyRun.Weights(folder.File("cut")));
    }

    [Fact]
    public async Task Command_KilledInAnEpochAndStartedAgain_GivesTheSameLosses()
    {
        await File.WriteAllTextAsync(folder.File("recipe.json"), (TinyRun.Options with { SyntheticClips = 40 }).ToJson(), TestContext.Current.CancellationToken);

        await RunAsync("whole", kill: false);
        await RunAsync("killed", kill: true);
        Assert.InRange(TinyRun.Steps(folder.File("killed")).Length, 4, 20); // of 21
        await RunAsync("killed", kill: false);

        Assert.Equal(21, TinyRun.Steps(folder.File("whole")).Length);
        Assert.Equal(TinyRun.Steps(folder.File("whole")), TinyRun.Steps(folder.File("killed")));
        Assert.Equal(TinyRun.Weights(folder.File("whole")), TinyRun.Weights(folder.File("killed")));
        Assert.Empty(Directory.GetFiles(folder.File("killed"), "*.partial"));
    }

    [Fact]
    public void Run_OtherSettingsThanTheFolders_IsRefusedAndChangesNothing()
    {
        PatternSource source = new(8);
        TinyRun.Train(folder.File("run"), TinyRun.Options, source);
        string[] before = TinyRun.Steps(folder.File("run"));

        TrainingException problem = Assert.Throws<TrainingException>(() => TinyRun.Train(folder.File("run"), TinyRun.Options with { LearningRate = 1e-4 }, source));

        Assert.Contains("other settings", problem.Message, StringComparison.Ordinal);
        Assert.Equal(before, TinyRun.Steps(folder.File("run")));
    }

    [Fact]
    public void Run_OtherDataThanTheFolders_IsRefused()
    {
        TinyRun.Train(folder.File("run"), TinyRun.Options, new PatternSource(8));
        TrainingOptions longer = TinyRun.Options with { Epochs = 3 };
        Assert.Contains("other training data", Assert.Throws<TrainingException>(() => TinyRun.Train(folder.File("run"), longer, new PatternSource(12))).Message, StringComparison.Ordinal);
        Assert.Contains("other training data", Assert.Throws<TrainingException>(() => TinyRun.Train(folder.File("run"), longer, new PatternSource(8) { Name = "other" })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_FolderInUse_IsRefused()
    {
        using RunFolder taken = new(folder.File("run"));
        Assert.Contains("in use", Assert.Throws<TrainingException>(() => TinyRun.Train(folder.File("run"), TinyRun.Options, new PatternSource(8))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_CutOffBeforeAnEpochsValidation_MakesUpForIt()
    {
        PatternSource source = new(8), validation = new(8);
        TinyRun.Train(folder.File("whole"), TinyRun.Options, source, validation);
        Assert.Throws<TrainingException>(() => TinyRun.Train(folder.File("cut"), TinyRun.Options, source, new PatternSource(8) { Unreadable = [1, 5] }));

        TinyRun.Train(folder.File("cut"), TinyRun.Options, source, validation);

        Assert.Equal(TinyRun.Steps(folder.File("whole")), TinyRun.Steps(folder.File("cut")));
        Assert.Equal(["1", "2"], File.ReadAllLines(Path.Combine(folder.File("cut"), "epochs.csv")).Skip(1).Select(line => line.Split(',')[0]));
    }

    /// <summary>The program as a process of its own, killed (SIGKILL) once three steps are written where asked for.</summary>
    private async Task RunAsync(string run, bool kill)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        ProcessStartInfo start = new("dotnet",
        [
            Path.Combine(AppContext.BaseDirectory, "cavmae-train.dll"), "train", "--data", "synthetic",
            "--recipe", folder.File("recipe.json"), "--out", folder.File(run),
        ])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation), error = process.StandardError.ReadToEndAsync(cancellation);
        if (kill)
        {
            string steps = Path.Combine(folder.File(run), "steps.csv"), state = Path.Combine(folder.File(run), "state.safetensors");
            while (!File.Exists(state) || TinyRun.Steps(folder.File(run)).Length < 4)
            {
                Assert.False(process.HasExited, $"the run ended before it was killed: {steps}");
                await Task.Delay(5, cancellation);
            }
            process.Kill();
        }
        await process.WaitForExitAsync(cancellation);
        Assert.True(kill || process.ExitCode == 0, $"exit code {process.ExitCode}: {await error} {await output}");
    }
}
