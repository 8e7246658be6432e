using System.CommandLine;
using System.CommandLine.Help;

namespace CavMae.Synthetic.Commands;

/// <summary>The command that writes synthetic clips as mp4 files, on its own or under another program.</summary>
public static class SynthCommand
{
    private const int MostClips = 1_000_000;
    private const int MostJobs = 256;
    private const string Description = "Writes made-up video clips whose sound and pictures belong together, for trying out and measuring retrieval.";

    /// <summary>Makes the command.</summary>
    /// <param name="name">What it is called: <c>cavmae-synth</c> on its own, <c>synth</c> under another command.</param>
    /// <remarks>
    /// Its action throws <see cref="SyntheticException"/>, <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> where it
    /// fails and <see cref="OperationCanceledException"/> when interrupted; the program that mounts it turns them into exit codes.
    /// </remarks>
    public static Command Create(string name)
    {
        SynthOptions usual = new() { Folder = "" };
        Option<string> folder = new("--out") { Description = "Folder for the clips and their list, .clips.json.", Required = true, HelpName = "DIR" };
        Option<int> count = Number("--count", "Clips to write.", usual.Count, 1, MostClips);
        Option<int> seed = Number("--seed", "Same seed, same clips.", usual.Seed, int.MinValue, int.MaxValue);
        Option<int> first = Number("--first", "Index of the first clip.", usual.First, 0, int.MaxValue - MostClips);
        Option<string> split = new("--split") { Description = "Clips to train on, or clips no model was trained on.", DefaultValueFactory = _ => usual.SplitName, HelpName = "held-out|training" };
        split.AcceptOnlyFromAmong("held-out", "training");
        Option<int> jobs = Number("--jobs", "Clips encoded at a time.", usual.Jobs, 1, MostJobs);

        Command command = name == "cavmae-synth" ? new RootCommand(Description) : new Command(name, Description);
        foreach (Option option in new Option[] { folder, count, seed, first, split, jobs })
            command.Options.Add(option);
        ShowExamples(command, name == "cavmae-synth" ? name : $"cavmae-train {name}");
        command.SetAction((parsed, cancellation) =>
        {
            SynthOptions options = new()
            {
                Folder = parsed.GetRequiredValue(folder),
                Count = parsed.GetValue(count),
                Seed = parsed.GetValue(seed),
                First = parsed.GetValue(first),
                Split = parsed.GetValue(split) == "training" ? SyntheticSplit.Training : SyntheticSplit.HeldOut,
                Jobs = parsed.GetValue(jobs),
            };
            return RunAsync(options, parsed.InvocationConfiguration.Output, cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(SynthOptions options, TextWriter output, CancellationToken cancellation)
    {
        int written = await ConsoleProgress.RunAsync(
            output, options.Count, done => ClipFolder.WriteAsync(options, done, cancellation)).ConfigureAwait(false);
        await output.WriteLineAsync($"{options.Count} clips are in {options.Folder} ({written} written now, {options.Count - written} there before).").ConfigureAwait(false);
        return 0;
    }

    private static Option<int> Number(string name, string description, int usual, int least, int most)
    {
        Option<int> option = new(name) { Description = description, DefaultValueFactory = _ => usual, HelpName = "N" };
        option.Validators.Add(result =>
        {
            if (!result.Errors.Any() && result.Tokens.Count == 1 && (result.GetValueOrDefault<int>() < least || result.GetValueOrDefault<int>() > most))
                result.AddError($"{name} takes {least} to {most}, not {result.Tokens[0].Value}.");
        });
        return option;
    }

    private static void ShowExamples(Command command, string calledAs)
    {
        HelpOption? help = command.Options.OfType<HelpOption>().FirstOrDefault();
        if (help is null)
            command.Options.Add(help = new HelpOption());
        help.Action = new HelpWithExamples(calledAs);
    }
}
