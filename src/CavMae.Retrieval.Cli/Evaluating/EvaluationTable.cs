using System.Globalization;
using Spectre.Console;

namespace CavMae.Retrieval.Cli.Evaluating;

/// <summary>An evaluation's answer for people: one line a direction, and one for guessing.</summary>
internal static class EvaluationTable
{
    public static void Write(IAnsiConsole console, EvaluationAnswer answer)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumn("direction");
        foreach (string name in (string[])["R@1", "R@5", "R@10", "MedR"])
            table.AddColumn(new TableColumn(name).RightAligned());
        AddRow("sound → pictures", answer.AudioToVideo);
        AddRow("pictures → sound", answer.VideoToAudio);
        AddRow("guessing", answer.Chance);
        console.Write(table);
        AnswerSeconds seconds = answer.Seconds;
        console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{answer.Pairs} {(answer.Pairs == 1 ? "pair" : "pairs")} by {answer.ModelId}{(answer.Trained ? "" : " (UNTRAINED: random weights)")} on {answer.Provider}; {answer.LeftOut.Count} left out; decode {seconds.Decode:0.0} s, encode {seconds.Encode:0.0} s, search {seconds.Search:0.0} s, {seconds.Total:0.0} s in all"));

        void AddRow(string name, AnswerRecall recall) => table.AddRow(
            [.. ((string[])[name, Percent(recall.RecallAt1), Percent(recall.RecallAt5), Percent(recall.RecallAt10), recall.MedianRank.ToString("0.#", CultureInfo.InvariantCulture)]).Select(cell => new Text(cell))]);
    }

    private static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + " %";
}
