using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;

namespace CavMae.Retrieval.Index;

/// <summary>A place in a list as opaque text for a client, with a checksum that tells it from text of elsewhere.</summary>
internal static class CursorText
{
    /// <param name="content">What the cursor says, its format first.</param>
    public static string Write(ReadOnlySpan<byte> content)
    {
        Span<byte> bytes = stackalloc byte[content.Length + sizeof(uint)];
        content.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[content.Length..], Checksum(content));
        return Base64Url.EncodeToString(bytes);
    }

    /// <param name="text">What a client passed on.</param>
    /// <param name="content">Receives what the cursor says; of exactly its length.</param>
    /// <exception cref="InvalidCursorException">Text that <see cref="Write"/> did not make.</exception>
    public static void Read(string text, Span<byte> content)
    {
        Span<byte> bytes = stackalloc byte[content.Length + sizeof(uint)];
        if (text.Length != Base64Url.GetEncodedLength(bytes.Length) || Base64Url.DecodeFromChars(text, bytes, out _, out int written) != OperationStatus.Done || written != bytes.Length)
            throw Invalid();
        bytes[..content.Length].CopyTo(content);
        // Checksum and unused bits have to be right.
        if (Write(content) != text)
            throw Invalid();
    }

    public static InvalidCursorException Invalid() =>
        new("The cursor is none this store gave: pass on nextCursor of the page before unchanged, or none for the first page.");

    /// <summary>FNV-1a, 32 bits.</summary>
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var hash = 2166136261u;
        foreach (var value in bytes)
            hash = unchecked((hash ^ value) * 16777619u);
        return hash;
    }
}
