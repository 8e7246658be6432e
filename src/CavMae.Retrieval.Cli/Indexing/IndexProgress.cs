using CavMae.Retrieval.Cli.Hosting;
using Spectre.Console;

namespace CavMae.Retrieval.Cli.Indexing;

/// <summary>Shows how far an indexing run is: a bar with rate and time left where somebody watches, a line for each file elsewhere.</summary>
internal static class IndexProgress
{
    public static Task<IndexSummary> RunAsync(Terminal terminal, MediaFiles files, Func<Action<MediaFile?, FileReport>, Task<IndexSummary>> work) =>
        terminal.IsWatched ? RunWithBarAsync(terminal.Console, files, work) : work((_, outcome) =>
            (outcome.State is FileState.Failed ? terminal.Error : terminal.Output).WriteLine(outcome.ToLine()));

    /// <summary>Files that failed or were there already are named above the bar; the others only move it.</summary>
    private static Task<IndexSummary> RunWithBarAsync(IAnsiConsole console, MediaFiles files, Func<Action<MediaFile?, FileReport>, Task<IndexSummary>> work) => console.Progress()
        .AutoClear(true)
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
        .StartAsync(context =>
        {
            int done = 0;
            ProgressTask bar = context.AddTask(Description(), maxValue: Math.Max(1, files.TotalBytes));
            return work((file, outcome) =>
            {
                if (outcome.State is not FileState.Indexed)
                    console.WriteLine(outcome.ToLine());
                done += file is null ? 0 : 1;
                bar.Increment(file?.SizeBytes ?? 0);
                bar.Description = Description();
            });

            string Description() => $"{done} of {files.Found.Count} files";
        });
}
