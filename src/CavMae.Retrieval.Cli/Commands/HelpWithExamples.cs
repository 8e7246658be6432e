using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace CavMae.Retrieval.Cli.Commands;

/// <summary>The usual help, then exit codes, and examples where no command is named.</summary>
internal sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    private const string Examples = """
        Examples:
          cavmae index ~/films --tag harbour --tag 2024
          cavmae index '~/films/**/*.mp4' --server http://127.0.0.1:5000
          cavmae search waves.wav --direction audio-to-video --limit 5
          cavmae search shot.jpg --direction video-to-audio --json | jq '.hits[].clip.title'
          cavmae list --json | jq -r .title
          cavmae remove --tag harbour
          cavmae export-index backup && cavmae import-index backup --data other
          cavmae reindex --model models/better
          cavmae evaluate clips/test --model models/cav-mae
          cavmae model --model models/cav-mae

        Further options are read from appsettings.json (beside this program, then in the working directory) and the environment
        (Media__Parallelism=4 cavmae index ...).
        """;

    private const string ExitCodes = """
        Exit codes: 0 done, 1 failed in whole or in part (the reasons are on standard error), 2 misused, 130 interrupted.
        """;

    public override int Invoke(ParseResult parseResult)
    {
        int code = usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command is RootCommand)
            parseResult.InvocationConfiguration.Output.WriteLine(Examples + Environment.NewLine);
        parseResult.InvocationConfiguration.Output.WriteLine(ExitCodes);
        return code;
    }
}
