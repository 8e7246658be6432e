using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace CavMae.Retrieval.Cli.Hosting;

/// <summary>Shows how far work of a known number of steps is: a bar with the time left where somebody watches, now and then a line on standard error elsewhere.</summary>
internal static class StepProgress
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    /// <param name="terminal">Where to show it.</param>
    /// <param name="what">What is done, such as "Decoding and encoding".</param>
    /// <param name="total">Steps of the whole.</param>
    /// <param name="work">The work; calls what it is given after each step, from any thread, with something to say or null.</param>
    public static Task<T> RunAsync<T>(Terminal terminal, string what, int total, Func<Action<string?>, Task<T>> work) =>
        terminal.IsWatched ? RunWithBarAsync(terminal.Console, what, total, work) : RunWithLinesAsync(terminal.Error, what, total, work);

    private static Task<T> RunWithBarAsync<T>(IAnsiConsole console, string what, int total, Func<Action<string?>, Task<T>> work) => console.Progress()
        .AutoClear(true)
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
        .StartAsync(context =>
        {
            ProgressTask bar = context.AddTask(what, maxValue: Math.Max(1, total));
            return work(line =>
            {
                if (line is not null)
                    console.WriteLine(line);
                bar.Increment(1);
            });
        });

    private static Task<T> RunWithLinesAsync<T>(TextWriter error, string what, int total, Func<Action<string?>, Task<T>> work)
    {
        long start = Stopwatch.GetTimestamp();
        TimeSpan lastLine = TimeSpan.Zero;
        int done = 0;
        Lock turn = new();
        return work(line =>
        {
            lock (turn)
            {
                done++;
                if (line is not null)
                    error.WriteLine(line);
                TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
                if (done == total || elapsed - lastLine < BetweenLines)
                    return;
                lastLine = elapsed;
                error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {done} of {total}, {elapsed / done * (total - done):h\\:mm\\:ss} left"));
            }
        });
    }
}
