using Spectre.Console;

namespace CavMae.Export.Commands;

/// <summary>Shows how far an export is: a bar on a terminal, one line a step elsewhere.</summary>
internal static class ConsoleProgress
{
    public static T Run<T>(TextWriter output, Func<IProgress<ExportProgress>, T> work)
    {
        bool isTerminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Interactive;
        return isTerminal ? RunWithBar(work) : work(new StepLines(output));
    }

    private static T RunWithBar<T>(Func<IProgress<ExportProgress>, T> work) => AnsiConsole.Progress()
        .AutoClear(true)
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
        .Start(context => work(new Bar(context.AddTask("Opening"))));

    private sealed class Bar(ProgressTask task) : IProgress<ExportProgress>
    {
        public void Report(ExportProgress value)
        {
            task.Description = Markup.Escape(value.Step);
            task.MaxValue = Math.Max(1, value.TotalBytes);
            task.Value = value.DoneBytes;
        }
    }

    private sealed class StepLines(TextWriter output) : IProgress<ExportProgress>
    {
        private string lastStep = "";

        public void Report(ExportProgress value)
        {
            if (value.Step == lastStep)
                return;
            lastStep = value.Step;
            output.WriteLine($"{value.Step} ({100 * value.DoneBytes / Math.Max(1, value.TotalBytes)} % done)");
        }
    }
}
