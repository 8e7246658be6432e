using System.Text;

namespace CavMae.Training.Data.Sets;

/// <summary>Comma-separated values as RFC 4180 has them: fields in double quotes may hold commas, line ends and doubled quotes.</summary>
internal static class CsvReader
{
    /// <summary>All rows but empty ones, each with the number (from 1) of the line it begins on.</summary>
    /// <exception cref="DatasetException">A quote that is not closed, or not at a field's beginning and end.</exception>
    public static IEnumerable<(int Line, string[] Fields)> ReadRows(string path)
    {
        string text = File.ReadAllText(path);
        int at = 0, line = 1;
        while (at < text.Length)
        {
            int firstLine = line;
            List<string> fields = [];
            do
                fields.Add(ReadField(path, text, ref at, ref line));
            while (at < text.Length && text[at++] == ',');
            // Behind the last field stands a line end, of which the first character is taken.
            if (at < text.Length && text[at - 1] == '\r' && text[at] == '\n')
                at++;
            line++;
            if (fields is not [""])
                yield return (firstLine, [.. fields]);
        }
    }

    /// <summary>Leaves <paramref name="at"/> on the comma or line end behind the field.</summary>
    private static string ReadField(string path, string text, ref int at, ref int line)
    {
        int length;
        if (at == text.Length || text[at] != '"')
        {
            length = text.AsSpan(at).IndexOfAny(',', '\r', '\n');
            length = length < 0 ? text.Length - at : length;
            at += length;
            return text.Substring(at - length, length);
        }
        int firstLine = line;
        StringBuilder field = new();
        for (at++; at < text.Length; at++)
        {
            if (text[at] == '"' && (at + 1 == text.Length || text[at + 1] != '"'))
            {
                at++;
                return at == text.Length || text[at] is ',' or '\r' or '\n'
                    ? field.ToString()
                    : throw new DatasetException($"{path}, line {line}: behind a closing quote stands '{text[at]}', not a comma or line end.");
            }
            if (text[at] == '"')
                at++;
            line += text[at] == '\n' ? 1 : 0;
            field.Append(text[at]);
        }
        throw new DatasetException($"{path}, line {firstLine}: a quote is not closed.");
    }
}
