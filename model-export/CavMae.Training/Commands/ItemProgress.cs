using System.CommandLine;
using Spectre.Console;

namespace CavMae.Training.Commands;

/// <summary>Shows how far work on many items is: a bar with the time left on a terminal, nothing but what is said elsewhere.</summary>
internal static class ItemProgress
{
    /// <param name="what">The items' name, like "videos".</param>
    /// <param name="work">
    /// Gets what to call when an item is done, one call at a time: with a line to show above the bar (on standard error, where no bar is), or null.
    /// </param>
    public static async Task<T> RunAsync<T>(InvocationConfiguration configuration, string what, int count, Func<Action<string?>, Task<T>> work)
    {
        bool isTerminal = ReferenceEquals(configuration.Output, Console.Out) && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Interactive;
        if (!isTerminal)
        {
            return await work(line =>
            {
                if (line is not null)
                    configuration.Error.WriteLine(line);
            }).ConfigureAwait(false);
        }
        return await AnsiConsole.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(), new RemainingTimeColumn())
            .StartAsync(context =>
            {
                int done = 0;
                ProgressTask bar = context.AddTask($"0 of {count} {what}", maxValue: Math.Max(1, count));
                return work(line =>
                {
                    if (line is not null)
                        AnsiConsole.WriteLine(line);
                    bar.Description = $"{++done} of {count} {what}";
                    bar.Increment(1);
                });
            }).ConfigureAwait(false);
    }
}
