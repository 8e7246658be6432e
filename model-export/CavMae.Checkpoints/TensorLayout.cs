using System.Collections.Immutable;

namespace CavMae.Checkpoints;

/// <summary>Where a tensor's elements lie in its storage: element (i, j, …) is storage element Offset + i·Strides[0] + j·Strides[1] + ….</summary>
internal sealed class TensorLayout
{
    private TensorLayout(ImmutableArray<long> shape, long[] strides, long offset, long elementCount, long span)
    {
        Shape = shape;
        Strides = strides;
        Offset = offset;
        ElementCount = elementCount;
        Span = span;
    }

    public ImmutableArray<long> Shape { get; }
    public long[] Strides { get; }
    public long Offset { get; }
    public long ElementCount { get; }

    /// <summary>Storage elements from the first one used to the last one used.</summary>
    public long Span { get; }

    public bool IsContiguous
    {
        get
        {
            long expected = 1;
            for (int i = Shape.Length - 1; i >= 0; i--)
            {
                if (Shape[i] != 1 && Strides[i] != expected)
                    return false;
                expected *= Shape[i];
            }
            return true;
        }
    }

    public static TensorLayout Contiguous(ImmutableArray<long> shape, long storageElements)
    {
        var strides = new long[shape.Length];
        long next = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = next;
            next = unchecked(next * Math.Max(1, shape[i]));
        }
        return Create(shape, strides, offset: 0, storageElements);
    }

    /// <summary>Checks that every element lies inside the storage, and that there are no more elements than the storage holds.</summary>
    /// <exception cref="CheckpointException">It does not.</exception>
    public static TensorLayout Create(ImmutableArray<long> shape, long[] strides, long offset, long storageElements)
    {
        if (shape.Length > CheckpointLimits.MaxRank)
            throw new CheckpointException($"a tensor has {shape.Length} dimensions; at most {CheckpointLimits.MaxRank} are read");
        if (strides.Length != shape.Length)
            throw new CheckpointException($"a tensor has {shape.Length} dimensions but {strides.Length} strides");
        if (offset < 0 || strides.Any(s => s < 0) || shape.Any(s => s < 0))
            throw new CheckpointException($"a tensor has a negative size, stride or offset: {Describe()}");
        if (shape.Contains(0))
            return new TensorLayout(shape, strides, offset, elementCount: 0, span: 0);

        Int128 count = 1;
        Int128 last = offset;
        for (int i = 0; i < shape.Length; i++)
        {
            count *= shape[i];
            last += (Int128)(shape[i] - 1) * strides[i];
            if (count > storageElements || last >= storageElements)
                throw OutsideStorage();
        }
        return last < storageElements
            ? new TensorLayout(shape, strides, offset, (long)count, (long)last - offset + 1)
            : throw OutsideStorage();

        CheckpointException OutsideStorage() =>
            new($"a tensor reaches outside its storage of {storageElements} elements: {Describe()}");
        string Describe() => $"shape [{string.Join(", ", shape)}], strides [{string.Join(", ", strides)}], offset {offset}";
    }
}
