namespace CavMae.Checkpoints.Formats;

/// <summary>What a file that is no checkpoint seems to be, so that a message can say it. Nothing is read by this.</summary>
internal static class OtherFormats
{
    /// <summary>As much of a file's beginning as is looked at.</summary>
    public const int HeadBytes = 512;

    private static readonly (byte[] Start, string Name)[] Signatures =
    [
        ([0x89, (byte)'P', (byte)'N', (byte)'G'], "a PNG picture"),
        ([0xFF, 0xD8, 0xFF], "a JPEG picture"),
        ("GIF8"u8.ToArray(), "a GIF picture"),
        ("RIFF"u8.ToArray(), "a RIFF file (WAV, AVI or WebP)"),
        ("%PDF"u8.ToArray(), "a PDF document"),
        ("GGUF"u8.ToArray(), "a GGUF model"),
        ([0x89, (byte)'H', (byte)'D', (byte)'F'], "an HDF5 file"),
        ([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'], "a NumPy array"),
        ([0x1F, 0x8B], "a gzip archive: unpack it first"),
        ([0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z'], "an xz archive: unpack it first"),
        ([(byte)'7', (byte)'z', 0xBC, 0xAF], "a 7z archive: unpack it first"),
        ("version https://git-lfs"u8.ToArray(), "a Git LFS pointer: fetch the file itself with git lfs pull"),
    ];

    /// <param name="head">The file's first bytes, up to <see cref="HeadBytes"/>.</param>
    /// <returns>A few words; null where nothing is recognised.</returns>
    public static string? Recognize(ReadOnlySpan<byte> head)
    {
        foreach ((byte[] start, string name) in Signatures)
        {
            if (head.StartsWith(start))
                return name;
        }
        if (head.Length >= 8 && head[4..8].SequenceEqual("ftyp"u8))
            return "an MP4 video";
        if (IsOnnx(head))
            return "an ONNX graph";
        if (!head.ContainsAnyExcept((byte)0))
            return "zeros: a download that broke off?";
        return IsText(head) ? TextKind(head) : null;
    }

    /// <summary>A protocol buffer whose first field (varint) is a small version number, and whose next one is another field of ONNX's ModelProto.</summary>
    private static bool IsOnnx(ReadOnlySpan<byte> head) =>
        head.Length > 3 && head[0] == 0x08 && head[1] is > 0 and < 32 && head[2] is 0x12 or 0x1A or 0x22 or 0x28 or 0x32 or 0x3A or 0x42;

    private static bool IsText(ReadOnlySpan<byte> head)
    {
        foreach (byte value in head)
        {
            if (value < ' ' && value is not ((byte)'\t' or (byte)'\n' or (byte)'\r' or (byte)'\f'))
                return false;
        }
        return true;
    }

    private static string TextKind(ReadOnlySpan<byte> head)
    {
        ReadOnlySpan<byte> text = head.TrimStart("\t\r\n\f "u8);
        if (text.Length > 0 && text[0] == '<')
            return "a web page or XML: was an error page downloaded in its place?";
        return text.Length > 0 && text[0] is (byte)'{' or (byte)'[' ? "JSON text" : "text";
    }
}
