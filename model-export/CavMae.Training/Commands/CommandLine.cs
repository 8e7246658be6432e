using System.CommandLine;
using System.CommandLine.Help;
using System.Runtime.InteropServices;
using CavMae.Checkpoints;
using CavMae.Retrieval.Media;
using CavMae.Synthetic;
using CavMae.Synthetic.Commands;
using CavMae.Training.Data.Sets;
using CavMae.Training.Engine;

namespace CavMae.Training.Commands;

/// <summary>The program <c>cavmae-train</c>: its commands, exit codes, and how failures are said.</summary>
internal static class CommandLine
{
    private const int Failed = 1;
    private const int Interrupted = 130; // as shells say it: 128 + SIGINT

    // After Ctrl-C the step under way ends and the state is saved.
    private static readonly TimeSpan TerminationTimeout = TimeSpan.FromMinutes(2);

    /// <summary>Runs a command; returns its exit code: 0 done, 1 failed or misused, 130 interrupted.</summary>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error, CancellationToken cancellation = default)
    {
        InvocationConfiguration configuration = new() { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TerminationTimeout };
        try
        {
            return await Root().Parse(arguments).InvokeAsync(configuration, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Interrupted. The same command goes on from here.").ConfigureAwait(false);
            return Interrupted;
        }
        catch (Exception problem) when (problem is TrainingException or DatasetException or CheckpointException or MediaException or SyntheticException or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync(problem.Message).ConfigureAwait(false);
            return Failed;
        }
        catch (ExternalException problem) // libtorch's own: out of memory, a fault of the GPU.
        {
            await error.WriteLineAsync($"libtorch failed: {problem.Message}").ConfigureAwait(false);
            return Failed;
        }
    }

    private static RootCommand Root()
    {
        RootCommand root = new("Trains CAV-MAE models (arXiv 2210.07839).")
        {
            TrainCommand.Create(), RecipeCommand.Create(), PrepareCommand.Create(), StatisticsCommand.Create(), SynthCommand.Create("synth"),
        };
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
        return root;
    }
}
