using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>
/// A clip's place in the list: its sequence number, and its point's id for the rare clips that got the same number from two processes. A place is
/// kept while the clip lives and not given again, so a cursor stays good while clips come and go.
/// </summary>
internal readonly record struct QdrantCursor(long Sequence, Guid Point) : IComparable<QdrantCursor>
{
    private const byte Format = 2;
    private const int PointAt = 1 + sizeof(long);
    private const int ChecksumAt = PointAt + 16;
    private const int Length = ChecksumAt + sizeof(uint);

    public int CompareTo(QdrantCursor other) => Sequence != other.Sequence ? Sequence.CompareTo(other.Sequence) : Point.CompareTo(other.Point);

    /// <summary>Opaque text for a client, with a checksum that tells it from text of elsewhere.</summary>
    public string Write()
    {
        Span<byte> bytes = stackalloc byte[Length];
        bytes[0] = Format;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], Sequence);
        Point.TryWriteBytes(bytes[PointAt..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[ChecksumAt..], Checksum(bytes[..ChecksumAt]));
        return Base64Url.EncodeToString(bytes);
    }

    /// <exception cref="InvalidCursorException">Text that <see cref="Write"/> did not make.</exception>
    public static QdrantCursor Read(string text)
    {
        Span<byte> bytes = stackalloc byte[Length];
        if (text.Length == Base64Url.GetEncodedLength(Length) && Base64Url.TryDecodeFromChars(text, bytes, out var written) && written == Length)
        {
            var cursor = new QdrantCursor(BinaryPrimitives.ReadInt64BigEndian(bytes[1..]), new Guid(bytes[PointAt..ChecksumAt], bigEndian: true));
            // Format, checksum and unused bits all have to be right.
            if (cursor.Sequence > 0 && cursor.Write() == text)
                return cursor;
        }
        throw new InvalidCursorException("The cursor is none this store gave: pass on nextCursor of the page before unchanged, or none for the first page.");
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadUInt32BigEndian(hash);
    }
}
