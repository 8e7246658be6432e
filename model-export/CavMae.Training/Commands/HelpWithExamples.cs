using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace CavMae.Training.Commands;

/// <summary>The usual help, then examples.</summary>
internal sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    private const string Examples = """
        Examples:
          cavmae-train train --data synthetic --validation synthetic --recipe demo --out runs/demo
          cavmae-train prepare ~/Videos --out datasets/mine
          cavmae-train train --data datasets/mine/dataset.json --recipe base --imagenet mae_pretrain_vit_base_full.pth --out runs/mine
          cavmae-train recipe base > mine.json

        Exit codes: 0 done, 1 failed (the reason is on standard error), 130 interrupted. A run that was stopped, even by kill -9, goes on when the same command is given again.
        """;

    public override int Invoke(ParseResult parseResult)
    {
        int code = usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command is RootCommand)
            parseResult.InvocationConfiguration.Output.WriteLine(Examples);
        return code;
    }
}
