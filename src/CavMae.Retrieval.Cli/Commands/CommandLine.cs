using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using CavMae.Retrieval.Cli.Hosting;
using CavMae.Retrieval.Cli.Remote;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Index.Transfer;
using CavMae.Retrieval.Ingest;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Cli.Commands;

/// <summary>The command <c>cavmae</c>: what the service does, on this machine and without the service.</summary>
internal static class CommandLine
{
    /// <summary>On Ctrl-C: an encoder run under way cannot be stopped, and takes seconds with a large model on a slow machine.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    /// <summary>Runs the command; returns its <see cref="ExitCode"/>.</summary>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error, CancellationToken cancellationToken = default)
    {
        // Names of files and tags may begin with @, which would be the name of a file with further arguments otherwise.
        ParseResult parsed = Root().Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        InvocationConfiguration configuration = new() { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = StopLimit };
        try
        {
            int code = await parsed.InvokeAsync(configuration, cancellationToken).ConfigureAwait(false);
            // Asking for help is no mistake, whatever else is missing.
            return parsed.Action is ParseErrorAction ? ExitCode.BadUse : code;
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Interrupted. What was done before stays; nothing is half-done.").ConfigureAwait(false);
            return ExitCode.Interrupted;
        }
        catch (BadUseException problem)
        {
            await error.WriteLineAsync(problem.Message).ConfigureAwait(false);
            return ExitCode.BadUse;
        }
        catch (Exception problem) when (IsExpected(problem))
        {
            await error.WriteLineAsync(problem.Message).ConfigureAwait(false);
            if (problem is StoreInUseException)
                await error.WriteLineAsync("If that is the service: name its address with --server (index, search, list, remove), or stop it first.").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }

    /// <summary>These say what to do; a stack trace would only hide it.</summary>
    private static bool IsExpected(Exception problem) => problem is OptionsValidationException or StartException or FfmpegUnavailableException or ModelException or ModelMismatchException
        or StoreInUseException or StoreUnavailableException or StoreRefusedException or DecoderKilledException or MediaException or UploadTooLargeException or BusyException or TransferException or ServiceRefusalException or ServiceUnreachableException or IOException or UnauthorizedAccessException;

    private static RootCommand Root()
    {
        RootCommand root = new("Finds video scenes that fit a sound, and sounds that fit a scene: fills and asks a data folder, or a running service.")
        {
            CommonOptions.Data, CommonOptions.Model, IndexCommand.Create(), SearchCommand.Create(), ListCommand.Create(), RemoveCommand.Create(),
            ExportCommand.Create(), ImportCommand.Create(), ReindexCommand.Create(), EvaluateCommand.Create(), ModelCommand.Create(),
        };
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
        return root;
    }
}
