using System.Buffers.Binary;

namespace CavMae.Checkpoints.Zip;

/// <summary>The zip64 extra field of a directory entry: 64-bit values, in order, for those of the entry's fields that say 0xFFFFFFFF.</summary>
internal ref struct Zip64Extra
{
    private ReadOnlySpan<byte> values;

    public Zip64Extra(ReadOnlySpan<byte> extra)
    {
        while (extra.Length >= 4)
        {
            int id = BinaryPrimitives.ReadUInt16LittleEndian(extra);
            int size = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (size > extra.Length - 4)
                return;
            if (id == 1)
            {
                values = extra.Slice(4, size);
                return;
            }
            extra = extra[(4 + size)..];
        }
    }

    /// <summary>The field itself, or the next 64-bit value where the field says so. Call in the order of APPNOTE 4.5.3.</summary>
    public long Widen(uint field)
    {
        if (field != uint.MaxValue)
            return field;
        if (values.Length < 8)
            throw new CheckpointException("a zip64 entry lacks its 64-bit sizes");
        long wide = BinaryPrimitives.ReadInt64LittleEndian(values);
        values = values[8..];
        return wide;
    }
}
