using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace CavMae.Synthetic.Commands;

/// <summary>The usual help, then examples under the name by which the command was called.</summary>
internal sealed class HelpWithExamples(string calledAs) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        int code = new HelpAction().Invoke(parseResult);
        parseResult.InvocationConfiguration.Output.WriteLine($"""
            Examples:
              {calledAs} --out clips
              {calledAs} --out evaluation --count 500 --seed 7 --jobs 2
              {calledAs} --out training --count 100 --split training

            The same split, seed and index give the same clip. Finished clips are kept: the same command goes on after an interruption.
            Exit codes: 0 done, 1 failed (the reason is on standard error), 130 interrupted.
            """);
        return code;
    }
}
