using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace CavMae.Export.Commands;

/// <summary>The usual help, then examples.</summary>
internal sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    private const string Examples = """
        Examples:
          cavmae-export audio_model.25.pth --out models/cav-mae-scale-plus --name cav-mae-scale-plus --license "BSD 2-Clause" --training-data "AudioSet-2M, unlabelled"
          cavmae-export audio_model.25.pth --out models/half --name half --precision fp16
          cavmae-export tiny.pth --out models/demo --name demo --heads 4 --untrained
          cavmae-export random --embed 768 --out vit-b.pth
          cavmae-export verify models/half --against audio_model.25.pth --media ~/test-clips

        Exit codes: 0 done, 1 failed (the reason is on standard error, an existing bundle is untouched) or, of verify, a cosine below --min-cosine,
        130 interrupted.
        """;

    public override int Invoke(ParseResult parseResult)
    {
        int code = usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command is RootCommand)
            parseResult.InvocationConfiguration.Output.WriteLine(Examples);
        return code;
    }
}
