namespace CavMae.Retrieval.Embeddings;

/// <summary>
/// The batch sizes an encoder runs at. A GPU gets few of them, so that memory, chosen algorithms and recorded graphs stay those of a handful of
/// shapes; what is missing to the next one is filled up. A CPU gets every size, since there each row costs its full price.
/// </summary>
internal sealed class BatchBuckets
{
    private BatchBuckets(int[] sizes) => Sizes = sizes;

    /// <summary>Ascending; the first is 1.</summary>
    public IReadOnlyList<int> Sizes { get; }

    /// <summary>Most rows of one run.</summary>
    public int Largest => Sizes[^1];

    /// <summary>1, 2, 4, 8, … and <paramref name="maxBatch"/> itself.</summary>
    public static BatchBuckets PowersOfTwo(int maxBatch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBatch, 1);
        List<int> sizes = [];
        for (int size = 1; size < maxBatch; size *= 2)
            sizes.Add(size);
        return new BatchBuckets([.. sizes, maxBatch]);
    }

    /// <summary>Every size from 1 to <paramref name="maxBatch"/>: nothing is ever filled up.</summary>
    public static BatchBuckets Every(int maxBatch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBatch, 1);
        return new BatchBuckets([.. Enumerable.Range(1, maxBatch)]);
    }

    /// <summary>The smallest size that holds so many rows.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No rows, or more than <see cref="Largest"/>.</exception>
    public int SizeFor(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, Largest);
        return Sizes.First(size => size >= rows);
    }
}
