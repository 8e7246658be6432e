using CavMae.Retrieval.Search;
using CavMae.Training.Reporting;

namespace CavMae.Training.Engine;

/// <summary>What a run writes down for people: a line a step, a line an epoch, and the curves of both.</summary>
internal sealed class RunTables : IDisposable
{
    private static readonly string[] StepColumns = ["step", "epoch", "learning_rate", .. TrainingStep.Losses];
    private static readonly string[] EpochColumns =
    [
        "epoch", .. TrainingStep.Losses, "validation_loss", "samples_per_second", "waiting_share", "seconds",
        .. RecallColumns("audio_to_visual"), .. RecallColumns("visual_to_audio"),
    ];

    private readonly CsvLog steps, epochs;

    /// <summary>Opens the tables, without what was written beyond the position.</summary>
    public RunTables(RunFolder folder, TrainingPosition position)
    {
        steps = new CsvLog(folder.Steps, StepColumns, position.Step);
        epochs = new CsvLog(folder.Epochs, EpochColumns, position.FinishedEpochs + 1);
    }

    public void AddStep(long step, int epoch, double learningRate, double[] losses) => steps.Add([step, epoch, learningRate, .. losses]);

    public void AddEpoch(int epoch, ValidationReport? validation, double samplesPerSecond, double waitingShare, double seconds) => epochs.Add([
        epoch, .. MeansOf(epoch), validation?.Loss ?? double.NaN, samplesPerSecond, waitingShare, seconds,
        .. Values(validation?.AudioToVisual), .. Values(validation?.VisualToAudio)]);

    public void Draw(string path) => TrainingCurves.Write(path, steps, epochs);

    public void Dispose()
    {
        steps.Dispose();
        epochs.Dispose();
    }

    /// <summary>Means of an epoch's losses, from its steps: a run that was cut off in the epoch has the same ones.</summary>
    private IEnumerable<double> MeansOf(int epoch)
    {
        List<double[]> rows = [.. steps.Rows.Where(row => row[1] == epoch)];
        for (int column = StepColumns.Length - TrainingStep.Losses.Length; column < StepColumns.Length; column++)
            yield return rows.Count == 0 ? double.NaN : rows.Average(row => row[column]);
    }

    private static string[] RecallColumns(string direction) => [$"{direction}_r1", $"{direction}_r5", $"{direction}_r10", $"{direction}_medr"];

    private static double[] Values(RecallReport? report) => report is null
        ? [double.NaN, double.NaN, double.NaN, double.NaN]
        : [report.RecallAt1, report.RecallAt5, report.RecallAt10, report.MedianRank];
}
