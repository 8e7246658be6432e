using System.CommandLine;
using CavMae.Retrieval.Cli.Hosting;
using CavMae.Retrieval.Cli.Libraries;

namespace CavMae.Retrieval.Cli.Commands;

/// <summary><c>cavmae list</c>: the clips of the store.</summary>
internal static class ListCommand
{
    public static Command Create()
    {
        Option<string[]> tags = TagOption.Create("Only clips with this tag; repeat it for clips that have them all.");
        Option<string[]> filters = FilterOption.Create();
        Option<int?> limit = new("--limit") { Description = "Most clips; unset: all.", HelpName = "N" };
        limit.Allow(value => value is null or >= 1, "1 and more");
        Option<bool> json = new("--json") { Description = "Print a line of JSON for each clip, as the service would give it." };
        Command command = new("list", "Lists clips in the order of their first upload.") { tags, filters, limit, json, ServerOption.Instance };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed, new LibraryFilter(parsed.GetValue(tags) ?? [], parsed.GetValue(filters) ?? []), parsed.GetValue(limit), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, LibraryFilter filter, int? limit, bool asJson, CancellationToken cancellationToken)
    {
        await using ILibrary library = await LibraryOpener.OpenAsync(parsed, mustExist: true, cancellationToken).ConfigureAwait(false);
        Terminal terminal = Terminal.For(parsed.InvocationConfiguration);
        ClipTable table = new(terminal.Console);
        int listed = 0;
        bool areMore = false;
        await foreach (ClipAnswer clip in library.ListAsync(filter, cancellationToken).ConfigureAwait(false))
        {
            areMore = listed == limit;
            if (areMore)
                break;
            listed++;
            if (asJson)
                terminal.Output.WriteLine(clip.ToJson());
            else
                table.Add(clip);
        }
        if (!asJson)
            table.Finish(areMore);
        return ExitCode.Done;
    }
}
