using System.Buffers.Binary;

namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>
/// A clip's place in the list: its sequence number, and its point's id for the rare clips that got the same number from two processes. A place is
/// kept while the clip lives and not given again, so a cursor stays good while clips come and go.
/// </summary>
internal readonly record struct QdrantCursor(long Sequence, Guid Point) : IComparable<QdrantCursor>
{
    private const byte Format = 2;
    private const int PointAt = 1 + sizeof(long);
    private const int Length = PointAt + 16;

    public int CompareTo(QdrantCursor other) => Sequence != other.Sequence ? Sequence.CompareTo(other.Sequence) : Point.CompareTo(other.Point);

    public string Write()
    {
        Span<byte> content = stackalloc byte[Length];
        content[0] = Format;
        BinaryPrimitives.WriteInt64BigEndian(content[1..], Sequence);
        Point.TryWriteBytes(content[PointAt..], bigEndian: true, out _);
        return CursorText.Write(content);
    }

    /// <exception cref="InvalidCursorException">Text that <see cref="Write"/> did not make.</exception>
    public static QdrantCursor Read(string text)
    {
        Span<byte> content = stackalloc byte[Length];
        CursorText.Read(text, content);
        var cursor = new QdrantCursor(BinaryPrimitives.ReadInt64BigEndian(content[1..]), new Guid(content[PointAt..], bigEndian: true));
        return content[0] == Format && cursor.Sequence > 0 ? cursor : throw CursorText.Invalid();
    }
}
