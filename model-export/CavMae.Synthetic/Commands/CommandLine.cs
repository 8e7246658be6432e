using System.CommandLine;

namespace CavMae.Synthetic.Commands;

/// <summary>The program <c>cavmae-synth</c>: the command on its own, and what it answers to failures.</summary>
internal static class CommandLine
{
    private const int Failed = 1;
    private const int Interrupted = 130; // as shells say it: 128 + SIGINT

    // Enough to end the encoders and clear their files away.
    private static readonly TimeSpan TerminationTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Runs the command; returns its exit code: 0 done, 1 failed or misused, 130 interrupted.</summary>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error, CancellationToken cancellation = default)
    {
        InvocationConfiguration configuration = new() { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TerminationTimeout };
        try
        {
            return await SynthCommand.Create("cavmae-synth").Parse(arguments).InvokeAsync(configuration, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Interrupted; finished clips are kept, and the same command goes on from there.").ConfigureAwait(false);
            return Interrupted;
        }
        catch (Exception problem) when (problem is SyntheticException or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync(problem.Message).ConfigureAwait(false);
            return Failed;
        }
    }
}
