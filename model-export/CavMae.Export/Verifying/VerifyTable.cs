using System.Globalization;
using Spectre.Console;

namespace CavMae.Export.Verifying;

/// <summary>A comparison for people: how close the vectors are, and whether the same is found.</summary>
internal static class VerifyTable
{
    /// <summary>Wide enough that no line of a table breaks where nobody looks at it.</summary>
    private const int PipeWidth = 240;

    public static void Write(TextWriter output, VerifyReport report)
    {
        IAnsiConsole console = CreateConsole(output);
        output.WriteLine($"{Title(report.Bundle)} against {Title(report.Against)}");
        console.Write(Cosines(report));
        if (report.Retrieval is { } retrieval)
            console.Write(Agreement(retrieval));
        else
            output.WriteLine($"Fewer than {RetrievalAgreement.MinPairs} files have both sound and pictures: what is found is not compared.");
        if (report.Skipped.Count > 0)
            output.WriteLine($"{report.Skipped.Count} {(report.Skipped.Count == 1 ? "file was" : "files were")} left out.");
        output.WriteLine(report.Passed
            ? Text($"No cosine is below {report.MinCosine}.")
            : Text($"FAILED: a cosine is below {report.MinCosine}."));
    }

    private static Table Cosines(VerifyReport report)
    {
        Table table = Create("vectors", "scenes", "mean cosine", "lowest");
        table.AddColumn("where");
        foreach ((string name, CosineReport? cosines) in new[] { ("sound", report.Audio), ("pictures", report.Visual) })
        {
            if (cosines is null)
                AddRow(table, name, "0", "", "", "");
            else
                AddRow(table, name, Text($"{cosines.Items}"), Cosine(cosines.Mean), Cosine(cosines.Minimum),
                    Text($"{cosines.Worst.File}, scene {cosines.Worst.Scene} at {cosines.Worst.StartSeconds:0.###} s"));
        }
        return table;
    }

    private static Table Agreement(RetrievalAgreement retrieval)
    {
        Table table = Create($"{retrieval.Pairs} clips", "R@1", "R@5", "R@10", "first ten shared");
        Add("sound → pictures", retrieval.AudioToVideo);
        Add("pictures → sound", retrieval.VideoToAudio);
        return table;

        void Add(string direction, DirectionAgreement agreement)
        {
            AddRow(table, $"{direction}, bundle", Percent(agreement.Bundle.RecallAt1), Percent(agreement.Bundle.RecallAt5), Percent(agreement.Bundle.RecallAt10), "");
            AddRow(table, $"{direction}, against", Percent(agreement.Against.RecallAt1), Percent(agreement.Against.RecallAt5), Percent(agreement.Against.RecallAt10), "");
            Recalls points = agreement.DifferencePoints;
            AddRow(table, "difference in points", Points(points.RecallAt1), Points(points.RecallAt5), Points(points.RecallAt10),
                agreement.TopTenOverlap is { } overlap ? Percent(overlap) : Text($"(needs {TopAnswers.Places + 1} clips)"));
        }
    }

    private static Table Create(string first, params string[] numbers)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumn(first);
        foreach (string name in numbers)
            table.AddColumn(new TableColumn(name).RightAligned());
        return table;
    }

    private static void AddRow(Table table, params string[] cells) => table.AddRow([.. cells.Select(cell => new Text(cell))]);

    private static string Title(ReportedBundle bundle) => $"{bundle.ModelId} ({bundle.Path}, on {bundle.Provider})";

    /// <summary>Cut, not rounded: what reads as 1 is 1.</summary>
    private static string Cosine(double cosine) => Text($"{Math.Floor(cosine * 1e7) / 1e7:0.0000000}");

    private static string Percent(double share) => Text($"{100 * share:0.0} %");

    private static string Points(double points) => Text($"{points:+0.0;-0.0;0.0}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static IAnsiConsole CreateConsole(TextWriter output)
    {
        bool isTerminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = InteractionSupport.No,
        });
        if (!isTerminal)
            console.Profile.Width = PipeWidth;
        return console;
    }
}
