using System.Buffers.Binary;

namespace CavMae.Retrieval.Media;

/// <summary>
/// Recognises bare MPEG audio (ISO 11172-3, layers I to III) and ADTS AAC (ISO 13818-7), which have no magic number: a frame header
/// must be valid, and lead to a second one where the bytes reach that far.
/// </summary>
internal static class AudioFrames
{
    private static readonly int[] Layer1Kbps = [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448];
    private static readonly int[] Layer2Kbps = [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
    private static readonly int[] Layer3Kbps = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    private static readonly int[] Layer1LowRateKbps = [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256];
    private static readonly int[] Layer23LowRateKbps = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    private static readonly int[] SampleRatesHz = [44_100, 48_000, 32_000];

    public static MediaContainer? Sniff(ReadOnlySpan<byte> bytes)
    {
        if (IsRun(bytes, AdtsFrameBytes))
            return MediaContainer.Aac;
        return IsRun(bytes, MpegFrameBytes) ? MediaContainer.Mp3 : null;
    }

    private static bool IsRun(ReadOnlySpan<byte> bytes, Func<uint, ushort, int> frameBytes)
    {
        int first = FrameBytesAt(bytes, 0, frameBytes);
        if (first == 0)
            return false;
        // A single frame that fills the file is a very short, but whole file.
        return first >= bytes.Length - 4 ? first <= bytes.Length : FrameBytesAt(bytes, first, frameBytes) > 0;
    }

    private static int FrameBytesAt(ReadOnlySpan<byte> bytes, int offset, Func<uint, ushort, int> frameBytes) =>
        offset + 6 > bytes.Length
            ? 0
            : frameBytes(BinaryPrimitives.ReadUInt32BigEndian(bytes[offset..]), BinaryPrimitives.ReadUInt16BigEndian(bytes[(offset + 4)..]));

    /// <returns>The frame's length in bytes, 0 where this is no ADTS header.</returns>
    private static int AdtsFrameBytes(uint header, ushort next)
    {
        bool isSync = header >> 20 == 0xFFF && (header >> 17 & 3) == 0;
        bool isKnownRate = (header >> 10 & 0xF) < 13;
        // 13 bits across the header's border: two here, eleven there.
        int length = (int)(header & 3) << 11 | next >> 5;
        return isSync && isKnownRate && length > 7 ? length : 0;
    }

    /// <returns>The frame's length in bytes, 0 where this is no MPEG audio header.</returns>
    private static int MpegFrameBytes(uint header, ushort _)
    {
        uint version = header >> 19 & 3, layer = 4 - (header >> 17 & 3), rate = header >> 12 & 0xF, sampling = header >> 10 & 3;
        bool isValid = header >> 21 == 0x7FF && version != 1 && layer != 4 && rate is not 0 and not 15 && sampling != 3;
        if (!isValid)
            return 0;
        bool isMpeg1 = version == 3;
        int kbps = (isMpeg1, layer) switch
        {
            (true, 1) => Layer1Kbps[rate],
            (true, 2) => Layer2Kbps[rate],
            (true, _) => Layer3Kbps[rate],
            (false, 1) => Layer1LowRateKbps[rate],
            _ => Layer23LowRateKbps[rate],
        };
        int sampleRateHz = SampleRatesHz[sampling] >> (isMpeg1 ? 0 : version == 2 ? 1 : 2);
        int padding = (int)(header >> 9 & 1);
        if (layer == 1)
            return (12_000 * kbps / sampleRateHz + padding) * 4;
        int samplesPerByte = layer == 3 && !isMpeg1 ? 72 : 144;
        return samplesPerByte * 1000 * kbps / sampleRateHz + padding;
    }
}
