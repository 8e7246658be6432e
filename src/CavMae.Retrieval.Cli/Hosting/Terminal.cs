using System.CommandLine;
using Spectre.Console;

namespace CavMae.Retrieval.Cli.Hosting;

/// <summary>Where the command writes: a screen that somebody watches, or a file or pipe.</summary>
internal sealed class Terminal
{
    /// <summary>Wide enough that no line of a table breaks where nobody looks at it.</summary>
    private const int PipeWidth = 240;

    private Terminal(TextWriter output, TextWriter error, bool isWatched)
    {
        (Output, Error, IsWatched) = (output, error, isWatched);
        Console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = isWatched ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = isWatched ? InteractionSupport.Detect : InteractionSupport.No,
        });
        IsWatched = isWatched && Console.Profile.Capabilities.Interactive;
        if (!isWatched)
            Console.Profile.Width = PipeWidth;
    }

    public TextWriter Output { get; }
    public TextWriter Error { get; }
    public IAnsiConsole Console { get; }

    /// <summary>True where a progress bar can be drawn.</summary>
    public bool IsWatched { get; }

    public static Terminal For(InvocationConfiguration configuration) =>
        new(configuration.Output, configuration.Error, ReferenceEquals(configuration.Output, System.Console.Out) && !System.Console.IsOutputRedirected);
}
