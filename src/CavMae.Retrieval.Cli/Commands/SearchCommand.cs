using System.CommandLine;
using CavMae.Retrieval.Cli.Hosting;
using CavMae.Retrieval.Cli.Libraries;
using CavMae.Retrieval.Cli.Searching;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Search;

namespace CavMae.Retrieval.Cli.Commands;

/// <summary><c>cavmae search FILE</c>: the scenes of the store that fit a file.</summary>
internal static class SearchCommand
{
    private const int MaxLimit = 100;

    public static Command Create()
    {
        Argument<string> file = new("FILE") { Description = "Media to search with; it is not stored." };
        Option<string> direction = new("--direction") { Description = "audio-to-video: pictures that fit its sound; video-to-audio: sounds that fit its pictures; similar: all four ways averaged.", Required = true };
        direction.AcceptOnlyFromAmong([.. DirectionNames.All]);
        Option<int> limit = new("--limit") { Description = $"Most hits, 1 to {MaxLimit}.", DefaultValueFactory = _ => 10, HelpName = "N" };
        limit.Allow(value => value is >= 1 and <= MaxLimit, $"1 to {MaxLimit}");
        Option<string> groupBy = new("--group-by") { Description = "clip: the best scene of each clip; scene: every scene.", DefaultValueFactory = _ => "clip" };
        groupBy.AcceptOnlyFromAmong("clip", "scene");
        Option<float?> minScore = new("--min-score") { Description = "Leave out hits below this cosine, -1 to 1.", HelpName = "X" };
        minScore.Allow(value => value is null or (>= -1 and <= 1), "-1 to 1");
        Option<string[]> tags = TagOption.Create("Only clips with this tag; repeat it for clips that have them all.");
        Option<string[]> filters = FilterOption.Create();
        Option<bool> json = new("--json") { Description = "Print what the service would answer, as JSON." };
        Command command = new("search", "Finds the stored scenes that fit a file, best first.") { file, direction, limit, groupBy, minScore, tags, filters, json, ServerOption.Instance };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, parsed.GetRequiredValue(file), DirectionNames.Parse(parsed.GetRequiredValue(direction)),
            new SearchParameters(parsed.GetValue(limit), parsed.GetValue(minScore), parsed.GetValue(groupBy) == "scene" ? Grouping.Scene : Grouping.Clip),
            new LibraryFilter(parsed.GetValue(tags) ?? [], parsed.GetValue(filters) ?? []),
            parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        ParseResult parsed, string file, SearchDirection direction, SearchParameters parameters, LibraryFilter filter, bool asJson, CancellationToken cancellationToken)
    {
        if (!File.Exists(file))
            throw new BadUseException($"There is no file '{file}'.");
        await using ILibrary library = await LibraryOpener.OpenAsync(parsed, mustExist: true, cancellationToken).ConfigureAwait(false);
        SearchAnswer answer = await library.SearchAsync(file, direction, parameters, filter, cancellationToken).ConfigureAwait(false);
        Terminal terminal = Terminal.For(parsed.InvocationConfiguration);
        if (asJson)
            terminal.Output.WriteLine(answer.ToJson());
        else
            SearchTable.Write(terminal.Console, answer);
        return ExitCode.Done;
    }
}
