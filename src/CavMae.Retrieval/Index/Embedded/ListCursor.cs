using System.Buffers.Binary;

namespace CavMae.Retrieval.Index.Embedded;

/// <summary>
/// The opaque text a page of the list ends with: format and sequence number of its last clip. A sequence number is never used again, so a
/// cursor stays good while clips come and go.
/// </summary>
internal static class ListCursor
{
    private const byte Format = 1;
    private const int Length = 1 + sizeof(long);

    public static string Write(long sequence)
    {
        Span<byte> content = stackalloc byte[Length];
        content[0] = Format;
        BinaryPrimitives.WriteInt64BigEndian(content[1..], sequence);
        return CursorText.Write(content);
    }

    /// <exception cref="InvalidCursorException">Text that <see cref="Write"/> did not make.</exception>
    public static long Read(string cursor)
    {
        Span<byte> content = stackalloc byte[Length];
        CursorText.Read(cursor, content);
        var sequence = BinaryPrimitives.ReadInt64BigEndian(content[1..]);
        return content[0] == Format && sequence is > 0 and < long.MaxValue ? sequence : throw CursorText.Invalid();
    }
}
