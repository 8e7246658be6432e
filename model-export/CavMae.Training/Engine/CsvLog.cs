using System.Globalization;

namespace CavMae.Training.Engine;

/// <summary>A CSV file whose first column counts up. Opening it at a position drops what a run that was cut off had written beyond.</summary>
internal sealed class CsvLog : IDisposable
{
    private readonly StreamWriter writer;
    private readonly string[] columns;

    /// <param name="nextKey">Rows whose first column is at least this are dropped.</param>
    public CsvLog(string path, string[] columns, long nextKey)
    {
        this.columns = columns;
        List<string> kept = [string.Join(',', columns)];
        if (File.Exists(path) && nextKey > 0)
        {
            foreach (string line in File.ReadLines(path).Skip(1))
            {
                string[] cells = line.Split(',');
                // A line that a killed run wrote in part has too few cells.
                if (cells.Length == columns.Length && long.TryParse(cells[0], NumberStyles.None, CultureInfo.InvariantCulture, out long key) && key < nextKey)
                {
                    kept.Add(line);
                    Rows.Add(Parse(cells));
                }
            }
        }
        string partial = path + ".partial";
        File.WriteAllLines(partial, kept);
        File.Move(partial, path, overwrite: true);
        writer = new StreamWriter(path, append: true) { AutoFlush = true };
    }

    /// <summary>All rows, for the curves; a value that is not there is NaN.</summary>
    public List<double[]> Rows { get; } = [];

    public void Add(params double[] values)
    {
        if (values.Length != columns.Length)
            throw new ArgumentException($"{columns.Length} values are wanted, not {values.Length}.", nameof(values));
        writer.WriteLine(string.Join(',', values.Select(value => double.IsNaN(value) ? "" : value.ToString("R", CultureInfo.InvariantCulture))));
        Rows.Add(values);
    }

    /// <summary>A column against the first, for plotting.</summary>
    public IReadOnlyList<(double X, double Y)> Curve(string column)
    {
        int index = Array.IndexOf(columns, column);
        return [.. Rows.Select(row => (row[0], row[index])).Where(point => !double.IsNaN(point.Item2))];
    }

    public void Dispose() => writer.Dispose();

    private static double[] Parse(string[] cells) =>
        [.. cells.Select(cell => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : double.NaN)];
}
