using System.Diagnostics;
using System.Globalization;
using CavMae.Training.Engine;

namespace CavMae.Training.Commands;

/// <summary>Says how a run stands: a line that is written over on a terminal, a line every half minute elsewhere.</summary>
internal sealed class ProgressLines(TextWriter output, int epochs)
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(30), RefreshEvery = TimeSpan.FromMilliseconds(500);

    private readonly bool isTerminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
    private long last;

    public void Step(TrainingProgress progress)
    {
        bool isLastOfEpoch = progress.Batch == progress.BatchesPerEpoch;
        if (last != 0 && !isLastOfEpoch && Stopwatch.GetElapsedTime(last) < (isTerminal ? RefreshEvery : LineEvery))
            return;
        last = Stopwatch.GetTimestamp();
        string line = string.Create(CultureInfo.InvariantCulture,
            $"epoch {progress.Epoch + 1} of {epochs}, batch {progress.Batch} of {progress.BatchesPerEpoch}: loss {progress.Loss:0.0000}, {progress.SamplesPerSecond:0.0} samples/s, waiting {progress.WaitingShare:0.0 %}, {progress.Left:d\\.hh\\:mm\\:ss} left");
        if (isTerminal && !isLastOfEpoch)
            output.Write($"\r{line}\e[K");
        else
            output.WriteLine(isTerminal ? $"\r{line}\e[K" : line);
    }
}
