using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CavMae.Checkpoints;

/// <summary>A tensor and the place of its storage in the file.</summary>
internal sealed record TensorEntry(TensorInfo Info, TensorLayout Layout, long StorageOffsetBytes);

/// <summary>An open file whose tensors are read on demand. Thread-safe: reads carry their own position.</summary>
internal sealed class TensorFile : IDisposable
{
    private readonly SafeFileHandle handle;

    public TensorFile(string path)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Checkpoints are read and written on little-endian machines only.");
        Path = path;
        handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.RandomAccess);
        try
        {
            Length = RandomAccess.GetLength(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public string Path { get; }
    public long Length { get; }

    public void Dispose() => handle.Dispose();

    /// <exception cref="CheckpointException">The file ends before <paramref name="destination"/> is full.</exception>
    public void ReadExactly(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(handle, destination, offset);
            if (read == 0)
                throw new CheckpointException($"the file is truncated: it ends at byte {offset}");
            destination = destination[read..];
            offset += read;
        }
    }

    /// <summary>The tensor's bytes as stored; only for contiguous tensors.</summary>
    public void ReadBytes(TensorEntry tensor, Span<byte> destination) =>
        ReadExactly(tensor.StorageOffsetBytes + tensor.Layout.Offset * tensor.Info.ElementType.SizeInBytes(), destination);

    /// <summary>Elements from <paramref name="firstElement"/> (row-major order) on, as float32.</summary>
    public void ReadFloats(TensorEntry tensor, long firstElement, Span<float> destination)
    {
        if (destination.IsEmpty)
            return;
        if (tensor.Layout.IsContiguous)
            ReadStorage(tensor, tensor.Layout.Offset + firstElement, destination);
        else
            Gather(tensor, firstElement, destination);
    }

    private void Gather(TensorEntry tensor, long firstElement, Span<float> destination)
    {
        TensorLayout layout = tensor.Layout;
        if (layout.Span > Array.MaxLength)
            throw new CheckpointException($"{tensor.Info.Name} is spread over {layout.Span} elements: too many to gather");
        float[] storage = ArrayPool<float>.Shared.Rent((int)layout.Span);
        try
        {
            ReadStorage(tensor, layout.Offset, storage.AsSpan(0, (int)layout.Span));
            var index = new long[layout.Shape.Length];
            long rest = firstElement;
            for (int d = index.Length - 1; d >= 0; d--)
                (rest, index[d]) = Math.DivRem(rest, layout.Shape[d]);
            foreach (ref float element in destination)
            {
                long position = 0;
                for (int d = 0; d < index.Length; d++)
                    position += index[d] * layout.Strides[d];
                element = storage[position];
                for (int d = index.Length - 1; d >= 0 && ++index[d] == layout.Shape[d]; d--)
                    index[d] = 0;
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(storage);
        }
    }

    private void ReadStorage(TensorEntry tensor, long firstElement, Span<float> destination)
    {
        ElementType type = tensor.Info.ElementType;
        int elementBytes = type.SizeInBytes();
        long offset = tensor.StorageOffsetBytes + firstElement * elementBytes;
        if (type == ElementType.Float32)
        {
            ReadExactly(offset, MemoryMarshal.AsBytes(destination));
            return;
        }

        const int ChunkElements = 1 << 16;
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkElements * elementBytes);
        try
        {
            while (!destination.IsEmpty)
            {
                int count = Math.Min(ChunkElements, destination.Length);
                Span<byte> bytes = chunk.AsSpan(0, count * elementBytes);
                ReadExactly(offset, bytes);
                Convert(type, bytes, destination[..count], tensor.Info.Name);
                destination = destination[count..];
                offset += bytes.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private static void Convert(ElementType type, ReadOnlySpan<byte> bytes, Span<float> destination, string name)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = type switch
            {
                ElementType.Float16 => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(2 * i)..]),
                ElementType.BFloat16 => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadInt16LittleEndian(bytes[(2 * i)..]) << 16),
                ElementType.Float64 => (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * i)..]),
                _ => throw new CheckpointException($"{name} holds {type}, not floating-point numbers"),
            };
        }
    }
}
