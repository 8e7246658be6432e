using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CavMae.Retrieval.Index.Embedded;

/// <summary>
/// Vectors as the rows of a float32 matrix. Rows begin on cache lines and are filled up with zeros, so that kernels need
/// no remainder loop.
/// </summary>
internal sealed class VectorMatrix
{
    private const int FloatsPerCacheLine = 64 / sizeof(float);

    /// <summary>Two vectors of the widest kind there is.</summary>
    private const int StrideUnit = 2 * FloatsPerCacheLine;

    private readonly float[] buffer;
    private readonly int offset;

    /// <param name="rows">Number of vectors.</param>
    /// <param name="dimension">Numbers in a vector.</param>
    /// <param name="isLongLived">Stored vectors do not move in memory, so that rows stay on cache lines; a query's may.</param>
    public VectorMatrix(int rows, int dimension, bool isLongLived)
    {
        Rows = rows;
        Dimension = dimension;
        Stride = StrideOf(dimension);
        buffer = GC.AllocateArray<float>((rows * Stride) + FloatsPerCacheLine, pinned: isLongLived);
        if (!isLongLived)
            return;
        var misaligned = (int)(Marshal.UnsafeAddrOfPinnedArrayElement(buffer, 0) % 64) / sizeof(float);
        offset = misaligned == 0 ? 0 : FloatsPerCacheLine - misaligned;
    }

    public int Rows { get; }
    public int Dimension { get; }

    /// <summary>Floats from one row to the next.</summary>
    public int Stride { get; }

    /// <summary>All rows with their filling: [rows × stride].</summary>
    public ReadOnlySpan<float> All => buffer.AsSpan(offset, Rows * Stride);

    public static int StrideOf(int dimension) => (dimension + StrideUnit - 1) / StrideUnit * StrideUnit;

    /// <summary>The vector in a row, without its filling.</summary>
    public Span<float> Row(int row) => buffer.AsSpan(offset + (row * Stride), Dimension);

    /// <summary>First number of a row of <see cref="Stride"/> numbers.</summary>
    public ref float RowStart(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        return ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(buffer), offset + (row * Stride));
    }
}
