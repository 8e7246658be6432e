using System.Globalization;
using System.Text;

namespace CavMae.Benchmarks.Reporting;

/// <summary>What was measured, as Markdown: first what was aimed at and what came out, then the tables behind it.</summary>
internal sealed class Report(TextWriter log)
{
    private readonly List<string[]> aims = [];
    private readonly StringBuilder body = new();

    /// <summary>Says what is being done now; not part of the report.</summary>
    public void Progress(string message) => log.WriteLine($"{DateTime.Now:HH:mm:ss} {message}");

    public void Section(string title, string text)
    {
        Progress(title);
        body.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n{text}\n");
    }

    public void Note(string text) => body.Append(CultureInfo.InvariantCulture, $"\n{text}\n");

    /// <summary>A table; a heading that ends with <c>|</c> is that of a column of words, all others hold numbers and are aligned right.</summary>
    public void Table(string[] headings, IEnumerable<string[]> rows)
    {
        body.Append('\n');
        AppendRow([.. headings.Select(heading => heading.TrimEnd('|'))]);
        AppendRow([.. headings.Select(heading => heading.EndsWith('|') ? "---" : "---:")]);
        foreach (string[] row in rows)
            AppendRow(row);
    }

    /// <summary>One figure beside its aim.</summary>
    public void Aim(string what, string aim, string figure, bool isMet)
    {
        Progress($"  {what}: {figure} (aim {aim})");
        aims.Add([what, aim, figure, isMet ? "yes" : "**no**"]);
    }

    public string ToMarkdown(string subject, Machine machine)
    {
        StringBuilder all = new();
        all.Append(CultureInfo.InvariantCulture, $"# Benchmarks: {subject}\n\n{machine.ToMarkdown()}");
        if (aims.Count > 0)
        {
            string tables = body.ToString();
            body.Clear().Append("\n## Aims\n");
            Table(["what|", "aim|", "measured|", "met|"], aims);
            body.Append(tables);
        }
        return all.Append(body).ToString();
    }

    private void AppendRow(IEnumerable<string> cells) => body.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
}
