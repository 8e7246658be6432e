using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using CavMae.Checkpoints;
using CavMae.Export.Graphs;

namespace CavMae.Export.Bundles;

/// <summary>
/// What tells one model's vectors from another's: a hash of what the encoders compute with, not of how they are exported.
/// </summary>
internal static class ModelIdentity
{
    private const int ShownDigits = 12;

    /// <summary>
    /// The first 12 hexadecimal digits of SHA-256 over, for each tensor the encoders read, in ordinal order of names
    /// (without <c>module.</c>): the name's UTF-8 bytes, one zero byte, the number of dimensions (int32), each dimension
    /// (int64), the elements row-major as float32; and at the end the number of attention heads (int32), which no tensor's
    /// shape tells. All numbers are little-endian.
    /// </summary>
    /// <exception cref="ExportException">A tensor holds a value that is not a finite number.</exception>
    public static string Hash(Checkpoint checkpoint, EncoderSizes sizes, Action<long> hashedBytes, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, _) in SourceTensors.Required(sizes).OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            cancellation.ThrowIfCancellationRequested();
            TensorInfo tensor = checkpoint[name];
            hash.AppendData(Encoding.UTF8.GetBytes(name + '\0'));
            AppendInt32(hash, tensor.Shape.Length);
            foreach (long size in tensor.Shape)
                AppendInt64(hash, size);
            AppendElements(hash, checkpoint, tensor);
            hashedBytes(tensor.ElementCount * sizeof(float));
        }
        AppendInt32(hash, sizes.Heads);
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..ShownDigits];
    }

    private static void AppendElements(IncrementalHash hash, Checkpoint checkpoint, TensorInfo tensor)
    {
        float[] elements = ArrayPool<float>.Shared.Rent(checked((int)tensor.ElementCount));
        try
        {
            Span<float> exact = elements.AsSpan(0, (int)tensor.ElementCount);
            checkpoint.ReadFloats(tensor.Name, exact);
            foreach (float element in exact)
            {
                if (!float.IsFinite(element))
                    throw new ExportException($"{tensor.Name} in {checkpoint.FilePath} holds {element}: the weights are damaged, or training diverged.");
            }
            hash.AppendData(MemoryMarshal.AsBytes(exact));
        }
        finally
        {
            ArrayPool<float>.Shared.Return(elements);
        }
    }

    private static void AppendInt32(IncrementalHash hash, int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        hash.AppendData(bytes);
    }

    private static void AppendInt64(IncrementalHash hash, long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        hash.AppendData(bytes);
    }
}
