using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace CavMae.Retrieval.Embeddings;

/// <summary>
/// Memory of one input or output of a graph, for as many rows as a run may have: allocated once, used by every run. Not thread-safe.
/// </summary>
internal abstract class HostBuffer
{
    protected HostBuffer(string name, Type type, TensorElementType elementType, int[] rowShape)
    {
        (Name, Type, ElementType, RowShape) = (name, type, elementType, rowShape);
        foreach (int length in rowShape)
            RowLength *= length;
    }

    /// <summary>What the graph calls it.</summary>
    public string Name { get; }

    public Type Type { get; }
    public TensorElementType ElementType { get; }

    /// <summary>Shape without the batch dimension; empty: one value a row.</summary>
    public IReadOnlyList<int> RowShape { get; }

    /// <summary>Values of a row.</summary>
    public int RowLength { get; } = 1;

    /// <summary>[rows, row shape…].</summary>
    public long[] Shape(int rows) => [rows, .. RowShape.Select(length => (long)length)];

    /// <summary>The first rows as a tensor over this very memory; the caller's to dispose.</summary>
    public abstract OrtValue View(int rows);

    /// <summary>The first rows as bytes.</summary>
    public abstract Span<byte> Bytes(int rows);

    /// <summary>Copies a row over those from <paramref name="first"/> up to <paramref name="end"/>, which is left out.</summary>
    public abstract void Repeat(int row, int first, int end);
}

/// <inheritdoc/>
/// <typeparam name="T"><see cref="float"/>, <see cref="long"/> or <see cref="byte"/>.</typeparam>
internal sealed class HostBuffer<T> : HostBuffer where T : unmanaged
{
    // Pinned for good: ONNX Runtime holds its address between runs.
    private readonly T[] values;

    public HostBuffer(string name, int[] rowShape, int maxRows) : base(name, typeof(T), ElementTypeOf(), rowShape) =>
        values = GC.AllocateArray<T>(maxRows * RowLength, pinned: true);

    public Span<T> Row(int row) => values.AsSpan(row * RowLength, RowLength);

    public override OrtValue View(int rows) => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, values.AsMemory(0, rows * RowLength), Shape(rows));

    public override Span<byte> Bytes(int rows) => MemoryMarshal.AsBytes(values.AsSpan(0, rows * RowLength));

    public override void Repeat(int row, int first, int end)
    {
        for (int target = first; target < end; target++)
            Row(row).CopyTo(Row(target));
    }

    private static TensorElementType ElementTypeOf() =>
        typeof(T) == typeof(float) ? TensorElementType.Float
        : typeof(T) == typeof(long) ? TensorElementType.Int64
        : typeof(T) == typeof(byte) ? TensorElementType.UInt8
        : throw new NotSupportedException($"No graph of a bundle takes {typeof(T).Name}.");
}
