using System.CommandLine;
using CavMae.Retrieval.Cli.Hosting;
using CavMae.Retrieval.Cli.Libraries;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Cli.Commands;

/// <summary><c>cavmae list</c>: the clips of the store.</summary>
internal static class ListCommand
{
    private const int MaxTagLength = 100;

    public static Command Create()
    {
        Option<string[]> tags = TagOption.Create("Only clips with this tag; repeat it for clips that have them all.", MaxTagLength);
        Option<bool> json = new("--json") { Description = "Print a line of JSON for each clip, as the service would give it." };
        Command command = new("list", "Lists all clips in the order of their first upload.") { tags, json, ServerOption.Instance };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, new ClipFilter { Tags = parsed.GetValue(tags) ?? [] }, parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, ClipFilter filter, bool asJson, CancellationToken cancellationToken)
    {
        await using ILibrary library = await LibraryOpener.OpenAsync(parsed, mustExist: true, cancellationToken).ConfigureAwait(false);
        Terminal terminal = Terminal.For(parsed.InvocationConfiguration);
        ClipTable table = new(terminal.Console);
        await foreach (ClipAnswer clip in library.ListAsync(filter, cancellationToken).ConfigureAwait(false))
        {
            if (asJson)
                terminal.Output.WriteLine(clip.ToJson());
            else
                table.Add(clip);
        }
        if (!asJson)
            table.Finish();
        return ExitCode.Done;
    }
}
