using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace CavMae.Training.Data.Sound;

/// <summary>The first channel of a WAV file of 16-bit PCM or float32 at 16 kHz.</summary>
internal static class WavFile
{
    private const ushort Pcm = 1, IeeeFloat = 3, Extensible = 0xFFFE;
    private const int FormatBytes = 16, ExtensibleBytes = 40, SubFormatOffset = 24;

    /// <summary>A writer to a pipe, which cannot come back to fill in the length, leaves this: the data go on to the file's end.</summary>
    private const uint UnknownLength = uint.MaxValue;

    /// <summary>Whether a file's first 12 bytes are those of a WAV file.</summary>
    public static bool IsWav(ReadOnlySpan<byte> start) => start.Length >= 12 && start.StartsWith("RIFF"u8) && start[8..12].SequenceEqual("WAVE"u8);

    /// <summary>Reads from the beginning as many samples as are there and fit.</summary>
    /// <param name="waveform">Receives −1..1.</param>
    /// <returns>Samples read.</returns>
    /// <exception cref="InvalidDataException">Not such a file, or truncated; the message says what it is instead.</exception>
    public static int Read(Stream file, Span<float> waveform)
    {
        Span<byte> header = stackalloc byte[12];
        file.ReadExactly(header);
        if (!IsWav(header))
            throw new InvalidDataException("it is no WAV file");
        Format? format = null;
        while (ReadChunk(file, header) is var (name, length))
        {
            if (name == "fmt ")
                format = ReadFormat(file, length);
            else if (name == "data")
                return ReadSamples(file, format ?? throw new InvalidDataException("its data come before their format"), length, waveform);
            else
                file.Seek(length + (length & 1), SeekOrigin.Current);
        }
        throw new InvalidDataException("it holds no sound data");
    }

    private static (string Name, uint Length)? ReadChunk(Stream file, Span<byte> buffer)
    {
        int read = file.ReadAtLeast(buffer[..8], 8, throwOnEndOfStream: false);
        return read < 8 ? null : (System.Text.Encoding.Latin1.GetString(buffer[..4]), BinaryPrimitives.ReadUInt32LittleEndian(buffer[4..]));
    }

    private static Format ReadFormat(Stream file, uint length)
    {
        if (length is < FormatBytes or > 4096)
            throw new InvalidDataException($"its format takes {length} bytes");
        var bytes = new byte[length + (length & 1)];
        file.ReadExactly(bytes);
        ushort encoding = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        if (encoding == Extensible && length >= ExtensibleBytes)
            encoding = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(SubFormatOffset));
        Format format = new(
            encoding, BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(2)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4)),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(14)));
        if (format is not ({ Encoding: Pcm, BitsPerSample: 16 } or { Encoding: IeeeFloat, BitsPerSample: 32 }))
            throw new InvalidDataException($"its samples have {format.BitsPerSample} bits of encoding {format.Encoding}; 16-bit PCM (1) or 32-bit float (3) is needed");
        if (format.SampleRateHz != LogMel.SampleRateHz)
            throw new InvalidDataException($"it has {format.SampleRateHz} samples a second; {LogMel.SampleRateHz} are needed");
        if (format.Channels == 0)
            throw new InvalidDataException("it has no channel");
        return format;
    }

    private static int ReadSamples(Stream file, Format format, uint announcedBytes, Span<float> waveform)
    {
        long heldBytes = file.Length - file.Position;
        if (announcedBytes != UnknownLength && announcedBytes > heldBytes)
            throw new InvalidDataException($"it is truncated: it announces {announcedBytes} bytes of sound, but holds {heldBytes}");
        int stride = format.Channels * format.BitsPerSample / 8;
        int count = (int)Math.Min(waveform.Length, Math.Min(announcedBytes, heldBytes) / stride);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(count * stride);
        try
        {
            Span<byte> data = bytes.AsSpan(0, count * stride);
            file.ReadExactly(data);
            if (format.Encoding == Pcm)
            {
                ReadOnlySpan<short> samples = MemoryMarshal.Cast<byte, short>(data);
                for (int i = 0; i < count; i++)
                    waveform[i] = samples[i * format.Channels] / 32768f;
            }
            else
            {
                ReadOnlySpan<float> samples = MemoryMarshal.Cast<byte, float>(data);
                for (int i = 0; i < count; i++)
                    waveform[i] = Finite(samples[i * format.Channels]);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
        return count;
    }

    /// <summary>One sample that is no number would make the whole batch's loss none.</summary>
    private static float Finite(float sample) => float.IsFinite(sample) ? sample : throw new InvalidDataException($"it holds the sample {sample}");

    private readonly record struct Format(ushort Encoding, ushort Channels, uint SampleRateHz, ushort BitsPerSample);
}
