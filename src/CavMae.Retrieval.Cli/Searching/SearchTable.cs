using System.Globalization;
using CavMae.Retrieval.Cli.Hosting;
using Spectre.Console;

namespace CavMae.Retrieval.Cli.Searching;

/// <summary>A search's answer for people: one line a hit.</summary>
internal static class SearchTable
{
    private static readonly string[] PartNames = ["sound→pictures", "pictures→sound", "sound→sound", "pictures→pictures"];

    public static void Write(IAnsiConsole console, SearchAnswer answer)
    {
        if (answer.Hits.Count == 0)
        {
            console.WriteLine("Nothing was found.");
            return;
        }
        bool withParts = answer.Hits.Any(hit => hit.Parts is not null);
        bool withQueryScene = answer.Query.Scenes > 1;
        Table table = new Table().Border(TableBorder.Simple).AddColumns(new TableColumn("score").RightAligned(), new TableColumn("title"), new TableColumn("scene").RightAligned());
        if (withQueryScene)
            table.AddColumn(new TableColumn("fits query at").RightAligned());
        if (withParts)
            table.AddColumns([.. PartNames.Select(name => new TableColumn(name).RightAligned())]);
        table.AddColumn("clip");
        foreach (AnswerHit hit in answer.Hits)
            table.AddRow([.. Cells(hit, withQueryScene, withParts).Select(cell => new Text(cell))]);
        console.Write(table);
        AnswerTimings timings = answer.Timings;
        console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{answer.Hits.Count} {(answer.Hits.Count == 1 ? "hit" : "hits")} by {answer.ModelId}; decode {timings.DecodeMs:0} ms, encode {timings.EmbedMs:0} ms, search {timings.SearchMs:0.0} ms"));
    }

    private static IEnumerable<string> Cells(AnswerHit hit, bool withQueryScene, bool withParts)
    {
        yield return Cosine(hit.Score);
        yield return hit.Clip.Title;
        yield return Span(hit.Scene);
        if (withQueryScene)
            yield return Span(hit.QueryScene);
        if (withParts)
            foreach (float? part in new[] { hit.Parts?.AudioToVideo, hit.Parts?.VideoToAudio, hit.Parts?.AudioToAudio, hit.Parts?.VideoToVideo })
                yield return Cosine(part);
        yield return hit.Clip.Id;
    }

    private static string Cosine(float? value) => value?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "–";

    private static string Span(AnswerScene scene) => $"{ClipTime.Format(scene.StartSeconds)}–{ClipTime.Format(scene.EndSeconds)}";
}
