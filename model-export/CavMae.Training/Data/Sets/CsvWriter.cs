using System.Text;

namespace CavMae.Training.Data.Sets;

/// <summary>Writes comma-separated values that <see cref="CsvReader"/> reads as they were: UTF-8, one row a line, fields in double quotes where they need them.</summary>
internal static class CsvWriter
{
    /// <exception cref="IOException">The file cannot be written; it is there whole or not at all.</exception>
    public static void WriteRows(string path, IEnumerable<string[]> rows)
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(rows.Select(row => string.Join(',', row.Select(Quoted)) + '\n')));
        WholeFile.Write(path, stream => stream.Write(text));
    }

    private static string Quoted(string field) =>
        field.AsSpan().IndexOfAny(",\"\r\n") < 0 ? field : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
