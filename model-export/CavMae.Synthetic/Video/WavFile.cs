using System.Buffers.Binary;

namespace CavMae.Synthetic.Video;

/// <summary>Mono float32 sound as a WAV file.</summary>
internal static class WavFile
{
    private const int HeaderBytes = 44;
    private const short IeeeFloat = 3;

    public static byte[] ToBytes(ReadOnlySpan<float> samples, int sampleRateHz)
    {
        byte[] file = new byte[HeaderBytes + (samples.Length * sizeof(float))];
        Span<byte> at = file;
        "RIFF"u8.CopyTo(at);
        BinaryPrimitives.WriteInt32LittleEndian(at[4..], file.Length - 8);
        "WAVEfmt "u8.CopyTo(at[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(at[16..], 16);
        BinaryPrimitives.WriteInt16LittleEndian(at[20..], IeeeFloat);
        BinaryPrimitives.WriteInt16LittleEndian(at[22..], 1);
        BinaryPrimitives.WriteInt32LittleEndian(at[24..], sampleRateHz);
        BinaryPrimitives.WriteInt32LittleEndian(at[28..], sampleRateHz * sizeof(float));
        BinaryPrimitives.WriteInt16LittleEndian(at[32..], sizeof(float));
        BinaryPrimitives.WriteInt16LittleEndian(at[34..], 8 * sizeof(float));
        "data"u8.CopyTo(at[36..]);
        BinaryPrimitives.WriteInt32LittleEndian(at[40..], samples.Length * sizeof(float));
        for (int i = 0; i < samples.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(at[(HeaderBytes + (i * sizeof(float)))..], samples[i]);
        return file;
    }
}
