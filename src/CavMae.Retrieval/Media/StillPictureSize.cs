using System.Buffers.Binary;

namespace CavMae.Retrieval.Media;

/// <summary>
/// A still picture's size by its header (PNG IHDR, JPEG SOFn, WebP VP8, VP8L and VP8X), read before any decoder is let at it: one too large
/// is refused for its size, not because a decoder ran out of the memory it may have.
/// </summary>
internal static class StillPictureSize
{
    private const int HeadBytes = 32;

    /// <returns>Null where the header is cut short or says nothing; what is wrong with the file is then for the probe to find.</returns>
    public static (int Width, int Height)? Read(string path, MediaContainer container)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        if (container == MediaContainer.Jpeg)
            return ReadJpeg(file);
        Span<byte> head = stackalloc byte[HeadBytes];
        if (file.ReadAtLeast(head, HeadBytes, throwOnEndOfStream: false) < HeadBytes)
            return null;
        return container == MediaContainer.Png ? ReadPng(head) : ReadWebP(head);
    }

    private static (int Width, int Height)? ReadPng(ReadOnlySpan<byte> head)
    {
        (int width, int height) = (BinaryPrimitives.ReadInt32BigEndian(head[16..]), BinaryPrimitives.ReadInt32BigEndian(head[20..]));
        bool isSize = head.Slice(12, 4).SequenceEqual("IHDR"u8) && width > 0 && height > 0;
        return isSize ? (width, height) : null;
    }

    private static (int Width, int Height)? ReadWebP(ReadOnlySpan<byte> head)
    {
        ReadOnlySpan<byte> chunk = head.Slice(12, 4), body = head[20..];
        if (chunk.SequenceEqual("VP8X"u8))
            return (1 + UInt24(body[4..]), 1 + UInt24(body[7..]));
        if (chunk.SequenceEqual("VP8L"u8))
        {
            uint bits = BinaryPrimitives.ReadUInt32LittleEndian(body[1..]);
            return ((int)(bits & 0x3FFF) + 1, (int)(bits >> 14 & 0x3FFF) + 1);
        }
        // Behind three bytes of frame tag and three of start code; the upper two bits of each side ask for scaling.
        return chunk.SequenceEqual("VP8 "u8)
            ? (BinaryPrimitives.ReadUInt16LittleEndian(body[6..]) & 0x3FFF, BinaryPrimitives.ReadUInt16LittleEndian(body[8..]) & 0x3FFF)
            : null;
    }

    private static int UInt24(ReadOnlySpan<byte> bytes) => bytes[0] | bytes[1] << 8 | bytes[2] << 16;

    /// <summary>Steps over segments (EXIF and colour profiles may be many) to the frame header.</summary>
    private static (int Width, int Height)? ReadJpeg(FileStream file)
    {
        Span<byte> size = stackalloc byte[7];
        file.Position = 2;
        while (file.ReadByte() == 0xFF)
        {
            int marker;
            do
                marker = file.ReadByte();
            while (marker == 0xFF);
            bool standsAlone = marker is 0x01 or >= 0xD0 and <= 0xD8;
            if (standsAlone)
                continue;
            if (marker is < 0 or 0xD9 or 0xDA || file.ReadAtLeast(size[..2], 2, throwOnEndOfStream: false) < 2)
                return null;
            int length = BinaryPrimitives.ReadUInt16BigEndian(size);
            // C4, C8 and CC lie among the frame headers, but are tables.
            bool isFrameHeader = marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);
            if (isFrameHeader)
                return file.ReadAtLeast(size[..5], 5, throwOnEndOfStream: false) < 5
                    ? null
                    : (BinaryPrimitives.ReadUInt16BigEndian(size[3..]), BinaryPrimitives.ReadUInt16BigEndian(size[1..]));
            file.Seek(Math.Max(0, length - 2), SeekOrigin.Current);
        }
        return null;
    }
}
