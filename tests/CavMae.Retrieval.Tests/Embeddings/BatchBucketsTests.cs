using CavMae.Retrieval.Embeddings;

namespace CavMae.Retrieval.Tests.Embeddings;

public sealed class BatchBucketsTests
{
    [Theory]
    [InlineData(1, "1")]
    [InlineData(2, "1 2")]
    [InlineData(16, "1 2 4 8 16")]
    [InlineData(12, "1 2 4 8 12")]
    [InlineData(3, "1 2 3")]
    public void PowersOfTwo_AnyMaximum_EndsWithTheMaximum(int maxBatch, string sizes) =>
        Assert.Equal(sizes, string.Join(' ', BatchBuckets.PowersOfTwo(maxBatch).Sizes));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(5, 8)]
    [InlineData(8, 8)]
    [InlineData(9, 12)]
    [InlineData(12, 12)]
    public void SizeFor_PowersOfTwo_GivesTheNextSize(int rows, int size) => Assert.Equal(size, BatchBuckets.PowersOfTwo(12).SizeFor(rows));

    [Fact]
    public void SizeFor_EverySize_FillsNothingUp()
    {
        BatchBuckets buckets = BatchBuckets.Every(5);
        Assert.All(Enumerable.Range(1, 5), rows => Assert.Equal(rows, buckets.SizeFor(rows)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(13)]
    public void SizeFor_NoRowsOrTooMany_IsRefused(int rows) => Assert.Throws<ArgumentOutOfRangeException>(() => BatchBuckets.PowersOfTwo(12).SizeFor(rows));
}
