using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace CavMae.Retrieval.Index.Embedded;

/// <summary>A vector as the database holds it: float32, little-endian, whatever machine wrote it.</summary>
internal static class VectorBlob
{
    public static void Write(ReadOnlySpan<float> vector, Span<byte> blob)
    {
        if (BitConverter.IsLittleEndian)
            MemoryMarshal.AsBytes(vector).CopyTo(blob);
        else
            for (var i = 0; i < vector.Length; i++)
                BinaryPrimitives.WriteSingleLittleEndian(blob[(i * sizeof(float))..], vector[i]);
    }

    public static void Read(ReadOnlySpan<byte> blob, Span<float> vector)
    {
        if (BitConverter.IsLittleEndian)
            blob.CopyTo(MemoryMarshal.AsBytes(vector));
        else
            for (var i = 0; i < vector.Length; i++)
                vector[i] = BinaryPrimitives.ReadSingleLittleEndian(blob[(i * sizeof(float))..]);
    }
}
