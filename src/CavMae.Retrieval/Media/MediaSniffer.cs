using System.Buffers.Binary;

namespace CavMae.Retrieval.Media;

/// <summary>Recognises the containers and pictures of the allow-list by their first bytes; names and declared types are never asked.</summary>
public static class MediaSniffer
{
    /// <summary>As much of a file's beginning as is ever looked at.</summary>
    public const int HeadBytes = 64 * 1024;

    private const int Id3HeaderBytes = 10;

    /// <param name="head">The file's first bytes, up to <see cref="HeadBytes"/>; fewer only where the file is shorter.</param>
    /// <returns>The container, or null where the bytes are none of the list.</returns>
    /// <remarks>An ID3 tag may stand before MP3, AAC and FLAC. Where it is longer than the head, what follows cannot be seen and is taken for MP3.</remarks>
    public static MediaContainer? Sniff(ReadOnlySpan<byte> head)
    {
        long tagBytes = Id3Bytes(head);
        if (tagBytes == 0)
            return SniffMagic(head) ?? SniffPackets(head);
        return tagBytes >= head.Length ? MediaContainer.Mp3 : SniffAfterId3(head[(int)tagBytes..]);
    }

    /// <summary>The media type to serve a stored file with (RFC 9110).</summary>
    public static string MediaType(MediaContainer container, bool hasVideo) => container switch
    {
        MediaContainer.Mp4 => hasVideo ? "video/mp4" : "audio/mp4",
        // WebM is Matroska. Browsers play either under this type where they know the codecs, and refuse Matroska's own.
        MediaContainer.Matroska => hasVideo ? "video/webm" : "audio/webm",
        MediaContainer.Avi => "video/vnd.avi",
        MediaContainer.MpegTs => "video/mp2t",
        MediaContainer.Ogg => hasVideo ? "video/ogg" : "audio/ogg",
        MediaContainer.Wav => "audio/wav",
        MediaContainer.Mp3 => "audio/mpeg",
        MediaContainer.Flac => "audio/flac",
        MediaContainer.Aac => "audio/aac",
        MediaContainer.Jpeg => "image/jpeg",
        MediaContainer.Png => "image/png",
        MediaContainer.WebP => "image/webp",
        _ => throw new ArgumentOutOfRangeException(nameof(container), container, "Not a container of the list."),
    };

    /// <summary>Sniffs a file; a tag longer than the head is skipped to see what stands behind it.</summary>
    internal static async Task<MediaContainer?> SniffFileAsync(string path, CancellationToken cancellationToken)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, useAsync: true);
        byte[] head = new byte[HeadBytes];
        int count = await file.ReadAtLeastAsync(head, HeadBytes, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        long tagBytes = Id3Bytes(head.AsSpan(0, count));
        if (tagBytes < count)
            return Sniff(head.AsSpan(0, count));
        if (tagBytes == 0 || tagBytes >= file.Length)
            return null;
        file.Position = tagBytes;
        count = await file.ReadAtLeastAsync(head, HeadBytes, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return SniffAfterId3(head.AsSpan(0, count));
    }

    /// <summary>The name of ffmpeg's demuxer for a container: it is forced, so that no other one can be talked into reading the file.</summary>
    internal static string Demuxer(this MediaContainer container) => container switch
    {
        MediaContainer.Mp4 => "mp4",
        MediaContainer.Matroska => "matroska",
        MediaContainer.Avi => "avi",
        MediaContainer.MpegTs => "mpegts",
        MediaContainer.Ogg => "ogg",
        MediaContainer.Wav => "wav",
        MediaContainer.Mp3 => "mp3",
        MediaContainer.Flac => "flac",
        MediaContainer.Aac => "aac",
        MediaContainer.Jpeg => "jpeg_pipe",
        MediaContainer.Png => "png_pipe",
        MediaContainer.WebP => "webp_pipe",
        _ => throw new ArgumentOutOfRangeException(nameof(container), container, "Not a container of the list."),
    };

    /// <summary>Length of the ID3v2 tags at the start (header, body and footer), 0 without; may be more than there are bytes.</summary>
    private static long Id3Bytes(ReadOnlySpan<byte> head)
    {
        long total = 0;
        while (total + Id3HeaderBytes <= head.Length)
        {
            ReadOnlySpan<byte> tag = head[(int)total..];
            bool isTag = tag.StartsWith("ID3"u8) && ((tag[6] | tag[7] | tag[8] | tag[9]) & 0x80) == 0;
            if (!isTag)
                break;
            int body = (tag[6] << 21) | (tag[7] << 14) | (tag[8] << 7) | tag[9];
            bool hasFooter = (tag[5] & 0x10) != 0;
            total += Id3HeaderBytes + body + (hasFooter ? Id3HeaderBytes : 0);
        }
        return total;
    }

    private static MediaContainer? SniffAfterId3(ReadOnlySpan<byte> rest)
    {
        // Writers pad behind the tag with zeros.
        int padding = rest.IndexOfAnyExcept((byte)0);
        if (padding < 0)
            return null;
        rest = rest[padding..];
        return rest.StartsWith("fLaC"u8) ? MediaContainer.Flac : AudioFrames.Sniff(rest);
    }

    private static MediaContainer? SniffMagic(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith("OggS"u8))
            return MediaContainer.Ogg;
        if (head.StartsWith("fLaC"u8))
            return MediaContainer.Flac;
        if (head.StartsWith((ReadOnlySpan<byte>)[0x1A, 0x45, 0xDF, 0xA3]))
            return SniffEbml(head);
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
            return MediaContainer.Jpeg;
        if (head.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]))
            return MediaContainer.Png;
        if (head.Length < 12)
            return null;
        return head.StartsWith("RIFF"u8) || head.StartsWith("RF64"u8) ? SniffRiff(head) : SniffBox(head);
    }

    private static MediaContainer? SniffEbml(ReadOnlySpan<byte> head)
    {
        // The EBML header comes first and is short; its DocType says whose it is.
        ReadOnlySpan<byte> header = head[..Math.Min(head.Length, 4096)];
        bool isMatroska = header.IndexOf("matroska"u8) >= 0 || header.IndexOf("webm"u8) >= 0;
        return isMatroska ? MediaContainer.Matroska : null;
    }

    private static MediaContainer? SniffRiff(ReadOnlySpan<byte> head)
    {
        ReadOnlySpan<byte> form = head.Slice(8, 4);
        if (form.SequenceEqual("WAVE"u8))
            return MediaContainer.Wav;
        if (head.StartsWith("RF64"u8))
            return null;
        if (form.SequenceEqual("AVI "u8))
            return MediaContainer.Avi;
        return form.SequenceEqual("WEBP"u8) ? MediaContainer.WebP : null;
    }

    private static MediaContainer? SniffBox(ReadOnlySpan<byte> head)
    {
        ReadOnlySpan<byte> type = head.Slice(4, 4);
        if (type.SequenceEqual("ftyp"u8))
            return IsStillPictureBrand(head.Slice(8, 4)) ? null : MediaContainer.Mp4;
        // Old QuickTime files begin with any of these. Size 0 means "to the end", 1 "64 bits follow".
        uint size = BinaryPrimitives.ReadUInt32BigEndian(head);
        bool isKnown = type.SequenceEqual("moov"u8) || type.SequenceEqual("mdat"u8) || type.SequenceEqual("wide"u8)
            || type.SequenceEqual("free"u8) || type.SequenceEqual("skip"u8);
        return isKnown && (size is 0 or 1 or >= 8) ? MediaContainer.Mp4 : null;
    }

    /// <summary>HEIC and AVIF pictures share MP4's boxes, but are not on the list.</summary>
    private static bool IsStillPictureBrand(ReadOnlySpan<byte> brand) =>
        brand.SequenceEqual("heic"u8) || brand.SequenceEqual("heix"u8) || brand.SequenceEqual("heim"u8) || brand.SequenceEqual("heis"u8)
        || brand.SequenceEqual("hevc"u8) || brand.SequenceEqual("hevx"u8) || brand.SequenceEqual("mif1"u8) || brand.SequenceEqual("msf1"u8)
        || brand.SequenceEqual("avif"u8) || brand.SequenceEqual("avis"u8);

    private static MediaContainer? SniffPackets(ReadOnlySpan<byte> head) =>
        IsTransportStream(head) ? MediaContainer.MpegTs : AudioFrames.Sniff(head);

    /// <summary>Sync bytes 188 apart; 192 with four bytes of time code before each (Blu-ray); 204 with error correction behind.</summary>
    private static bool IsTransportStream(ReadOnlySpan<byte> head) =>
        HasSyncBytes(head, first: 0, step: 188) || HasSyncBytes(head, first: 4, step: 192) || HasSyncBytes(head, first: 0, step: 204);

    private static bool HasSyncBytes(ReadOnlySpan<byte> head, int first, int step)
    {
        const byte Sync = 0x47;
        const int Enough = 5;
        int seen = 0;
        for (int at = first; at < head.Length && seen < Enough; at += step, seen++)
            if (head[at] != Sync)
                return false;
        // Two in a short file: one letter G proves nothing.
        return seen >= 2;
    }
}
