using System.Text;

namespace CavMae.Retrieval.Media;

/// <summary>Reads text line by line and holds one line at a time, each of limited length: a long file's packet list is never whole in memory.</summary>
internal static class LineReader
{
    private const int MaxLineCharacters = 16 * 1024;

    public delegate void LineHandler(ReadOnlySpan<char> line);

    /// <exception cref="MediaException">Broken: a line is too long to be ffprobe's own.</exception>
    public static async Task ReadLinesAsync(Stream stream, LineHandler onLine, CancellationToken cancellationToken)
    {
        using StreamReader reader = new(stream, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, bufferSize: MaxLineCharacters, leaveOpen: true);
        char[] buffer = new char[2 * MaxLineCharacters];
        int held = 0;
        while (true)
        {
            int count = await reader.ReadAsync(buffer.AsMemory(held), cancellationToken).ConfigureAwait(false);
            if (count == 0)
                break;
            held += count;
            int consumed = HandleWholeLines(buffer.AsSpan(0, held), onLine);
            buffer.AsSpan(consumed, held - consumed).CopyTo(buffer);
            held -= consumed;
            if (held > MaxLineCharacters)
                throw new MediaException(MediaError.Broken, "The file's description cannot be read.");
        }
        if (held > 0)
            onLine(buffer.AsSpan(0, held));
    }

    private static int HandleWholeLines(ReadOnlySpan<char> text, LineHandler onLine)
    {
        int start = 0, length;
        while ((length = text[start..].IndexOf('\n')) >= 0)
        {
            onLine(text.Slice(start, length).TrimEnd('\r'));
            start += length + 1;
        }
        return start;
    }
}
