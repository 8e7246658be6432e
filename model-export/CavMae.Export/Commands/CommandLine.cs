using System.CommandLine;
using System.CommandLine.Help;
using CavMae.Checkpoints;

namespace CavMae.Export.Commands;

/// <summary>The command <c>cavmae-export</c>: its arguments, help, and what it prints.</summary>
internal static class CommandLine
{
    private const int Failed = 1;
    private const int Interrupted = 130; // as shells say it: 128 + SIGINT

    // Writing back hundreds of megabytes to a slow disk cannot be cut short; after it, everything is cleared away.
    private static readonly TimeSpan TerminationTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Runs the command; returns its exit code: 0 done, 1 failed or misused, 130 interrupted.</summary>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error, CancellationToken cancellation = default)
    {
        InvocationConfiguration configuration = new() { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TerminationTimeout };
        try
        {
            return await Root().Parse(arguments).InvokeAsync(configuration, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Interrupted; nothing was changed.").ConfigureAwait(false);
            return Interrupted;
        }
        catch (Exception problem) when (problem is ExportException or CheckpointException or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync(problem.Message).ConfigureAwait(false);
            return Failed;
        }
    }

    private static RootCommand Root()
    {
        Argument<string> checkpoint = new("CHECKPOINT") { Description = "PyTorch checkpoint (zip or legacy format) or safetensors file." };
        Option<string> folder = new("--out") { Description = "Folder for the bundle; a bundle that is there is replaced.", Required = true, HelpName = "DIR" };
        Option<string> name = new("--name") { Description = "The model's name, the first part of its id: letters, digits, '.', '_', '-'.", Required = true, HelpName = "NAME" };
        Option<string> precision = new("--precision") { Description = "fp32; fp16: weights in half the space, fast on GPUs; int8: a quarter of the space, fast on CPUs.", DefaultValueFactory = _ => BundleExporter.PrecisionName(ExportPrecision.Fp32) };
        precision.AcceptOnlyFromAmong([.. Enum.GetValues<ExportPrecision>().Select(BundleExporter.PrecisionName)]);
        Option<string[]> checkMedia = new("--check-media")
        {
            Description = "int8: media files and folders on which layers that int8 harms are found; those stay float32 [default: none do].",
            HelpName = "PATH",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        Option<double> minCosine = new("--min-cosine") { Description = "int8: the lowest cosine to its float32 vector that one of --check-media may have.", DefaultValueFactory = _ => ExportOptions.UsualMinCosine, HelpName = "X" };
        Option<bool> standard = new("--standard-operators") { Description = "Use only standard ONNX operators, for TensorRT and other runtimes; a little slower on others. Not with int8." };
        Option<int?> heads = new("--heads") { Description = "Attention heads [default: what the file says, else width / 64].", HelpName = "N" };
        Option<bool> untrained = new("--untrained") { Description = "Say in the bundle that the weights are random." };
        Option<string?> license = new("--license") { Description = "The weights' licence, in words.", HelpName = "TEXT" };
        Option<string?> trainingData = new("--training-data") { Description = "What the weights were trained on, in words.", HelpName = "TEXT" };

        RootCommand root = new("Makes a model bundle (audio.onnx, visual.onnx, model.json) of a CAV-MAE checkpoint.")
        {
            checkpoint, folder, name, precision, checkMedia, minCosine, standard, heads, untrained, license, trainingData, RandomCommand.Create(), VerifyCommand.Create(),
        };
        root.SetAction((parsed, cancellation) =>
        {
            ExportOptions options = new()
            {
                CheckpointPath = parsed.GetRequiredValue(checkpoint),
                OutputFolder = parsed.GetRequiredValue(folder),
                Name = parsed.GetRequiredValue(name),
                Precision = Enum.GetValues<ExportPrecision>().Single(value => BundleExporter.PrecisionName(value) == parsed.GetRequiredValue(precision)),
                CheckMedia = parsed.GetRequiredValue(checkMedia),
                MinCosine = parsed.GetRequiredValue(minCosine),
                StandardOperatorsOnly = parsed.GetValue(standard),
                Heads = parsed.GetValue(heads),
                Trained = !parsed.GetValue(untrained),
                License = parsed.GetValue(license),
                TrainingData = parsed.GetValue(trainingData),
            };
            return Task.Run(() => Export(options, parsed.InvocationConfiguration, cancellation), cancellation);
        });
        ShowExamples(root);
        return root;
    }

    private static void Export(ExportOptions options, InvocationConfiguration configuration, CancellationToken cancellation)
    {
        ExportResult result = ConsoleProgress.Run(
            configuration.Output, progress => BundleExporter.Export(options, progress, cancellation));
        configuration.Output.WriteLine(
            $"{result.ModelId} is in {result.Folder}: vectors of {result.Dimension} numbers, {result.Heads} attention heads ({result.SourceKind}).");
    }

    private static void ShowExamples(RootCommand root)
    {
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
    }
}
