using Spectre.Console;

namespace CavMae.Synthetic.Commands;

/// <summary>Shows how many clips are there: a bar on a terminal, a line every tenth of them elsewhere.</summary>
internal static class ConsoleProgress
{
    public static Task<T> RunAsync<T>(TextWriter output, int total, Func<IProgress<int>, Task<T>> work)
    {
        bool isTerminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Interactive;
        return isTerminal ? RunWithBarAsync(total, work) : work(new TenthLines(output, total));
    }

    private static Task<T> RunWithBarAsync<T>(int total, Func<IProgress<int>, Task<T>> work) => AnsiConsole.Progress()
        .AutoClear(true)
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
        .StartAsync(context => work(new Bar(context.AddTask("Clips", maxValue: total))));

    private sealed class Bar(ProgressTask task) : IProgress<int>
    {
        private readonly Lock gate = new();

        public void Report(int value)
        {
            lock (gate)
                task.Value = Math.Max(task.Value, value);
        }
    }

    private sealed class TenthLines(TextWriter output, int total) : IProgress<int>
    {
        private readonly Lock gate = new();
        private int tenths;

        public void Report(int value)
        {
            lock (gate)
            {
                int now = (int)(10L * value / total);
                if (now <= tenths)
                    return;
                tenths = now;
                output.WriteLine($"{value} of {total} clips");
            }
        }
    }
}
