using System.CommandLine;
using CavMae.Retrieval.Cli.Hosting;
using CavMae.Retrieval.Cli.Libraries;
using Spectre.Console;

namespace CavMae.Retrieval.Cli.Commands;

/// <summary><c>cavmae remove ID...</c>: clips out of the store, with their media.</summary>
internal static class RemoveCommand
{
    public static Command Create()
    {
        Argument<string[]> ids = new("ID") { Description = "Clips to remove, by their ids.", Arity = ArgumentArity.ZeroOrMore };
        Option<string[]> tags = TagOption.Create("Remove all clips with this tag; repeat it for clips that have them all.");
        Option<bool> yes = new("--yes") { Description = "Do not ask before removing by tag." };
        Command command = new("remove", "Removes clips with their scenes, vectors and media.") { ids, tags, yes, ServerOption.Instance };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, parsed.GetValue(ids) ?? [], parsed.GetValue(tags) ?? [], parsed.GetValue(yes), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string[] ids, string[] tags, bool isSure, CancellationToken cancellationToken)
    {
        if (ids.Length > 0 == tags.Length > 0)
            throw new BadUseException("Name clips by their ids, or all that have a tag with --tag; one of both. Nothing was removed.");
        if (ids.Contains(""))
            throw new BadUseException("An id is empty. Nothing was removed.");
        Terminal terminal = Terminal.For(parsed.InvocationConfiguration);
        if (tags.Length > 0 && !isSure && !terminal.IsWatched)
            throw new BadUseException("Removing by tag asks first, and nobody is there to answer: add --yes. Nothing was removed.");
        await using ILibrary library = await LibraryOpener.OpenAsync(parsed, mustExist: true, cancellationToken).ConfigureAwait(false);
        List<string> chosen = [.. ids.Distinct(StringComparer.Ordinal)];
        if (tags.Length > 0)
        {
            await foreach (ClipAnswer clip in library.ListAsync(new LibraryFilter(tags, []), cancellationToken).ConfigureAwait(false))
                chosen.Add(clip.Id);
            if (chosen.Count > 0 && !isSure && !await terminal.Console.ConfirmAsync($"Remove {chosen.Count} {(chosen.Count == 1 ? "clip" : "clips")}?", defaultValue: false, cancellationToken).ConfigureAwait(false))
                chosen.Clear();
        }
        int removed = 0;
        foreach (string id in chosen)
        {
            if (await library.RemoveAsync(id, cancellationToken).ConfigureAwait(false))
                removed++;
            else if (ids.Length > 0)
                terminal.Error.WriteLine($"There is no clip '{id}'.");
        }
        terminal.Output.WriteLine($"{removed} removed");
        // What had the tag and is gone meanwhile is as it should be; an id that never was is somebody's mistake.
        return removed == chosen.Count || ids.Length == 0 ? ExitCode.Done : ExitCode.Failed;
    }
}
