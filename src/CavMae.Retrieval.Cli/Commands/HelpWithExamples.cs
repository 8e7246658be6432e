using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace CavMae.Retrieval.Cli.Commands;

/// <summary>The usual help, then examples of the command, and exit codes.</summary>
internal sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    private const string Program = "cavmae";

    private static readonly string[] Examples =
    [
        "index ~/films --tag harbour --tag 2024",
        "index '~/films/**/*.mp4' --server http://127.0.0.1:5000",
        "search waves.wav --direction audio-to-video --limit 5",
        """search waves.wav --direction audio-to-video --tag harbour --filter '{"year": {"gte": 2000, "lt": 2010}}'""",
        "search shot.jpg --direction video-to-audio --json | jq '.hits[].clip.title'",
        "list --json | jq -r .title",
        """list --limit 20 --filter '{"camera.model": {"in": ["X", "Y"]}, "checked": true}'""",
        """list --filter '{"recorded": {"gte": "2024-01-01"}}' --server http://127.0.0.1:5000""",
        "remove --tag harbour",
        "export-index backup",
        "import-index backup --data other",
        "reindex --model models/better",
        "evaluate clips/test --model models/cav-mae",
        "model --model models/cav-mae",
    ];

    private const string Settings = """
        Further options are read from appsettings.json (beside this program, then in the working directory) and the environment
        (Media__Parallelism=4 cavmae index ...).
        """;

    private const string ExitCodes = "Exit codes: 0 done, 1 failed in whole or in part (the reasons are on standard error), 2 misused, 130 interrupted.";

    public override int Invoke(ParseResult parseResult)
    {
        int code = usual.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        Command command = parseResult.CommandResult.Command;
        output.WriteLine("Examples:");
        foreach (string example in Examples.Where(example => command is RootCommand || example.StartsWith(command.Name + " ", StringComparison.Ordinal)))
            output.WriteLine($"  {Program} {example}");
        output.WriteLine();
        if (command is RootCommand)
            output.WriteLine(Settings + Environment.NewLine);
        output.WriteLine(ExitCodes);
        return code;
    }
}
