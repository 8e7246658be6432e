using System.Buffers.Binary;
using System.Buffers.Text;

namespace CavMae.Retrieval.Index.Embedded;

/// <summary>
/// The opaque text a page of the list ends with: format, sequence number of its last clip, and a checksum so that text from
/// elsewhere is told from a cursor. A sequence number is never used again, so a cursor stays good while clips come and go.
/// </summary>
internal static class ListCursor
{
    private const byte Format = 1;
    private const int ChecksumAt = 1 + sizeof(long);
    private const int Length = ChecksumAt + sizeof(uint);

    public static string Write(long sequence)
    {
        Span<byte> bytes = stackalloc byte[Length];
        bytes[0] = Format;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[ChecksumAt..], Checksum(bytes[..ChecksumAt]));
        return Base64Url.EncodeToString(bytes);
    }

    /// <exception cref="InvalidCursorException">Text that <see cref="Write"/> did not make.</exception>
    public static long Read(string cursor)
    {
        Span<byte> bytes = stackalloc byte[Length];
        if (cursor.Length != Base64Url.GetEncodedLength(Length)
            || !Base64Url.TryDecodeFromChars(cursor, bytes, out var written) || written != Length
            || bytes[0] != Format
            || BinaryPrimitives.ReadUInt32BigEndian(bytes[ChecksumAt..]) != Checksum(bytes[..ChecksumAt])
            || BinaryPrimitives.ReadInt64BigEndian(bytes[1..]) is not (> 0 and < long.MaxValue) || Write(BinaryPrimitives.ReadInt64BigEndian(bytes[1..])) != cursor)
            throw new InvalidCursorException("The cursor is none this store gave: pass on nextCursor of the page before unchanged, or none for the first page.");
        return BinaryPrimitives.ReadInt64BigEndian(bytes[1..]);
    }

    /// <summary>FNV-1a, 32 bits.</summary>
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var hash = 2166136261u;
        foreach (var value in bytes)
            hash = unchecked((hash ^ value) * 16777619u);
        return hash;
    }
}
