using System.CommandLine;
using CavMae.Export.Verifying;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Media;

namespace CavMae.Export.Commands;

/// <summary><c>cavmae-export verify</c>: a bundle against its checkpoint or another bundle, on media.</summary>
internal static class VerifyCommand
{
    private const int Done = 0, Failed = 1;

    public static Command Create()
    {
        Argument<string> bundle = new("BUNDLE") { Description = "Folder of the bundle to verify." };
        Option<string> against = new("--against") { Description = "A checkpoint file (exported as fp32 into a temporary folder), or the folder of another bundle.", Required = true, HelpName = "OTHER" };
        Option<string[]> media = new("--media")
        {
            Description = "Media files, and folders with all that is in them (but hidden files); files that cannot be used are named and left out.",
            Required = true,
            HelpName = "PATH",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
        };
        Option<int?> heads = new("--heads") { Description = "Attention heads of a checkpoint [default: what the file says, else what the bundle says].", HelpName = "N" };
        Option<double?> minCosine = new("--min-cosine")
        {
            Description = "Fail where any vector's cosine to the other's is lower, -1 to 1; -1 never fails, for comparing two trainings [default: 0.995 where one is int8, 0.9999 where one is fp16, else 0.99999].",
            HelpName = "X",
        };
        minCosine.Validators.Add(result =>
        {
            // A value that is no number has its own error already.
            if (!result.Errors.Any() && result.Tokens.Count > 0 && result.GetValueOrDefault<double?>() is not (>= -1 and <= 1))
                result.AddError($"{minCosine.Name} is {result.Tokens[0].Value}; -1 to 1 is allowed.");
        });
        Option<bool> json = new("--json") { Description = "Print the result as JSON." };

        Command command = new("verify", "Compares a bundle's vectors, and what it finds, with its checkpoint's or another bundle's. Exit code 1 where a cosine is below --min-cosine.")
        {
            bundle, against, media, heads, minCosine, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            VerifyOptions options = new()
            {
                BundleFolder = parsed.GetRequiredValue(bundle),
                AgainstPath = parsed.GetRequiredValue(against),
                MediaPaths = parsed.GetRequiredValue(media),
                Heads = parsed.GetValue(heads),
                MinCosine = parsed.GetValue(minCosine),
            };
            return Task.Run(() => RunAsync(options, parsed.GetValue(json), parsed.InvocationConfiguration, cancellation), cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(VerifyOptions options, bool asJson, InvocationConfiguration configuration, CancellationToken cancellation)
    {
        ProgressLine progress = ProgressLine.For(configuration.Error);
        VerifyReport report;
        try
        {
            report = await BundleVerifier.RunAsync(options, progress, cancellation).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is ModelException or FfmpegUnavailableException)
        {
            throw new ExportException(problem.Message, problem);
        }
        finally
        {
            progress.Clear();
        }
        foreach (UnusableFile file in report.Skipped)
            await configuration.Error.WriteLineAsync($"left out {file.File}: {file.Reason}").ConfigureAwait(false);
        if (!report.SameWeights)
            await configuration.Error.WriteLineAsync("The two were made of different weights: this compares two models, not two exports of one.").ConfigureAwait(false);
        if (asJson)
            await configuration.Output.WriteLineAsync(report.ToJson()).ConfigureAwait(false);
        else
            VerifyTable.Write(configuration.Output, report);
        return report.Passed ? Done : Failed;
    }
}
