using System.Globalization;
using CavMae.Retrieval.Cli.Hosting;
using Spectre.Console;

namespace CavMae.Retrieval.Cli.Libraries;

/// <summary>Clips for people: one line each, written a screenful at a time, so that a large library need not fit in memory.</summary>
internal sealed class ClipTable(IAnsiConsole console)
{
    private const int RowsAtOnce = 100;

    private Table table = NewTable();
    private long clips;
    private double seconds;

    public void Add(ClipAnswer clip)
    {
        string streams = (clip.HasAudio, clip.HasVideo) switch { (true, true) => "sound, pictures", (true, false) => "sound", _ => "pictures" };
        string[] cells =
        [
            clip.Id, clip.Title, string.Join(", ", clip.Tags), ClipTime.Format(clip.DurationSeconds), clip.Scenes.Count.ToString(CultureInfo.InvariantCulture), streams,
            clip.CreatedAt.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
        ];
        table.AddRow(cells.Select(cell => new Text(cell)));
        clips++;
        seconds += clip.DurationSeconds;
        if (table.Rows.Count < RowsAtOnce)
            return;
        console.Write(table);
        table = NewTable();
    }

    /// <param name="areMore">Whether the library has further clips that were not asked for.</param>
    public void Finish(bool areMore)
    {
        if (table.Rows.Count > 0)
            console.Write(table);
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clips} {(clips == 1 ? "clip" : "clips")}, {ClipTime.Format(seconds)} in all{(areMore ? "; there are more" : "")}"));
    }

    private static Table NewTable() => new Table().Border(TableBorder.Simple).AddColumns(
        new TableColumn("clip").NoWrap(), new TableColumn("title"), new TableColumn("tags"), new TableColumn("length").RightAligned(), new TableColumn("scenes").RightAligned(), new TableColumn("has"), new TableColumn("since"));
}
