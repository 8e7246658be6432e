using System.Diagnostics;
using System.Globalization;
using CavMae.Retrieval.Cli.Hosting;
using Spectre.Console;

namespace CavMae.Retrieval.Cli.Indexing;

/// <summary>Watches an indexing run. Called from any thread, one call at a time.</summary>
internal interface IIndexProgress
{
    /// <summary>So many bytes more of all files are dealt with.</summary>
    void Advance(long bytes);

    /// <param name="file">Null for a folder that could not be looked into.</param>
    void Finish(MediaFile? file, FileReport report);
}

/// <summary>Shows how far an indexing run is: a bar with rate and time left where somebody watches, a line for each file elsewhere.</summary>
internal static class IndexProgress
{
    public static Task RunAsync(Terminal terminal, MediaFiles files, Func<IIndexProgress, Task> work) => terminal.IsWatched
        ? terminal.Console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(context => work(new Bar(terminal.Console, context, files)))
        : work(new Lines(terminal));

    private sealed class Lines(Terminal terminal) : IIndexProgress
    {
        public void Advance(long bytes)
        {
            // Lines tell of whole files only.
        }

        public void Finish(MediaFile? file, FileReport report) => (report.State is FileState.Failed ? terminal.Error : terminal.Output).WriteLine(report.ToLine());
    }

    /// <summary>Files that failed are named above the bar; the others only move it.</summary>
    private sealed class Bar : IIndexProgress
    {
        private readonly IAnsiConsole console;
        private readonly ProgressTask task;
        private readonly int total;
        private readonly long start = Stopwatch.GetTimestamp();
        private int done;

        public Bar(IAnsiConsole console, ProgressContext context, MediaFiles files)
        {
            this.console = console;
            total = files.Found.Count;
            task = context.AddTask(Describe(), maxValue: Math.Max(1, files.TotalBytes));
        }

        public void Advance(long bytes) => task.Increment(bytes);

        public void Finish(MediaFile? file, FileReport report)
        {
            if (report.State is FileState.Failed)
                console.WriteLine(report.ToLine());
            done += file is null ? 0 : 1;
            task.Description = Describe();
        }

        private string Describe() => string.Create(CultureInfo.InvariantCulture,
            $"{done} of {total} files, {done / Math.Max(0.001, Stopwatch.GetElapsedTime(start).TotalSeconds):0.0}/s");
    }
}
