using System.Buffers.Binary;
using System.Text;

namespace CavMae.Checkpoints.Pickle;

/// <summary>Bytes of one pickle, read forward from a file between two offsets.</summary>
internal sealed class PickleInput(TensorFile file, long firstByte, long end)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] buffer = new byte[1 << 14];
    private readonly long lastAllowed = Math.Min(end, firstByte + CheckpointLimits.MaxPickleBytes);
    private long bufferStart = firstByte;
    private int buffered;
    private int used;

    /// <summary>File offset of the next byte.</summary>
    public long Position => bufferStart + used;

    public byte ReadByte()
    {
        if (used == buffered)
            Refill();
        return buffer[used++];
    }

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(ReadBytes(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(ReadBytes(4));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(ReadBytes(4));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(ReadBytes(8));

    public double ReadBigEndianDouble() => BinaryPrimitives.ReadDoubleBigEndian(ReadBytes(8));

    public byte[] ReadBytes(ulong count)
    {
        if (count > (ulong)(lastAllowed - Position))
            throw TooShort();
        var bytes = new byte[count];
        for (int i = 0; i < bytes.Length;)
        {
            if (used == buffered)
                Refill();
            int part = Math.Min(buffered - used, bytes.Length - i);
            buffer.AsSpan(used, part).CopyTo(bytes.AsSpan(i));
            used += part;
            i += part;
        }
        return bytes;
    }

    public string ReadText(ulong byteCount) => Decode(ReadBytes(byteCount));

    /// <summary>Text up to the next line feed, as GLOBAL has it; at most 1024 bytes.</summary>
    public string ReadLine()
    {
        List<byte> line = [];
        for (byte next = ReadByte(); next != '\n'; next = ReadByte())
        {
            if (line.Count == 1024)
                throw new CheckpointException("the pickle holds a name of more than 1024 bytes");
            line.Add(next);
        }
        return Decode([.. line]);
    }

    private static string Decode(byte[] bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException problem)
        {
            throw new CheckpointException("the pickle holds text that is not UTF-8", problem);
        }
    }

    private void Refill()
    {
        bufferStart += buffered;
        used = 0;
        buffered = (int)Math.Min(buffer.Length, lastAllowed - bufferStart);
        if (buffered <= 0)
            throw TooShort();
        file.ReadExactly(bufferStart, buffer.AsSpan(0, buffered));
    }

    private CheckpointException TooShort() => lastAllowed == end
        ? new($"the file is truncated: its pickle ends in the middle, at byte {Position}")
        : new($"its pickle is longer than {CheckpointLimits.MaxPickleBytes} bytes");
}
