using System.Globalization;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Search;
using Spectre.Console;

namespace CavMae.Retrieval.Cli.Searching;

/// <summary>A search's answer for people: one line a hit.</summary>
internal static class SearchTable
{
    private static readonly string[] PartNames = ["sound→pictures", "pictures→sound", "sound→sound", "pictures→pictures"];

    public static void Write(IAnsiConsole console, SearchResult result, string modelId)
    {
        if (result.Hits.Count == 0)
        {
            console.WriteLine("Nothing was found.");
            return;
        }
        bool withParts = result.Direction is SearchDirection.Similar;
        Table table = new Table().Border(TableBorder.Simple).AddColumns(new TableColumn("score").RightAligned(), new TableColumn("title"), new TableColumn("scene").RightAligned());
        if (result.QueryScenes.Count > 1)
            table.AddColumn(new TableColumn("fits query at").RightAligned());
        if (withParts)
            table.AddColumns([.. PartNames.Select(name => new TableColumn(name).RightAligned())]);
        table.AddColumn("clip");
        foreach (IndexHit hit in result.Hits)
            table.AddRow([.. Cells(hit, result, withParts).Select(cell => new Text(cell))]);
        console.Write(table);
        SearchTimings timings = result.Timings;
        console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{result.Hits.Count} {(result.Hits.Count == 1 ? "hit" : "hits")} by {modelId}; decode {timings.Decode.TotalMilliseconds:0} ms, encode {timings.Embed.TotalMilliseconds:0} ms, search {timings.Search.TotalMilliseconds:0.0} ms"));
    }

    private static IEnumerable<string> Cells(IndexHit hit, SearchResult result, bool withParts)
    {
        yield return Cosine(hit.Score);
        yield return hit.Clip.Title;
        yield return Span(hit.Scene.Start, hit.Scene.End);
        if (result.QueryScenes.Count > 1)
            yield return Span(result.QueryScenes[hit.QueryScene].Start, result.QueryScenes[hit.QueryScene].End);
        if (withParts)
            foreach (float? part in new[] { hit.Parts.AudioToVisual, hit.Parts.VisualToAudio, hit.Parts.AudioToAudio, hit.Parts.VisualToVisual })
                yield return Cosine(part);
        yield return hit.Clip.Id;
    }

    private static string Cosine(float? value) => value?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "–";

    private static string Span(TimeSpan start, TimeSpan end) => $"{Time(start)}–{Time(end)}";

    private static string Time(TimeSpan time) => time.ToString(time.TotalHours >= 1 ? @"h\:mm\:ss\.f" : @"m\:ss\.f", CultureInfo.InvariantCulture);
}
