using CavMae.Retrieval.Embeddings;

namespace CavMae.Retrieval.Tests.Embeddings;

public sealed class BatchQueueTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EncodeAsync_ManyCallers_ShareBatchesAndGetTheirOwnVectors()
    {
        List<int> sizes = [];
        using ManualResetEventSlim open = new();
        await using BatchQueue<int> queue = Queue(batch =>
        {
            open.Wait(Token);
            sizes.Add(batch.Count);
            return [.. batch.Select(i => (float[])[i])];
        }, maxBatch: 8);

        Task<float[]>[] all = [.. Enumerable.Range(0, 50).Select(i => queue.EncodeAsync(i, Token))];
        open.Set();
        float[][] vectors = await Task.WhenAll(all);

        Assert.Equal(Enumerable.Range(0, 50).Select(i => (float)i), vectors.Select(v => v[0]));
        Assert.All(sizes, size => Assert.InRange(size, 1, 8));
        Assert.True(sizes.Count(size => size == 8) >= 5, $"batches of {string.Join(", ", sizes)}");
        await WaitUntilEmptyAsync(queue);
    }

    [Fact]
    public async Task EncodeAsync_CancelledWhileWaiting_IsNotEncoded()
    {
        List<int> encoded = [];
        using ManualResetEventSlim started = new();
        using ManualResetEventSlim open = new();
        await using BatchQueue<int> queue = Queue(batch => { started.Set(); open.Wait(Token); encoded.AddRange(batch); return [.. batch.Select(i => (float[])[i])]; }, maxBatch: 1);
        using CancellationTokenSource cancel = new();
        Task<float[]> first = queue.EncodeAsync(1, Token);
        started.Wait(Token);
        Task<float[]> second = queue.EncodeAsync(2, cancel.Token);
        Task<float[]> third = queue.EncodeAsync(3, Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        open.Set();
        await Task.WhenAll(first, third);
        Assert.Equal([1, 3], encoded);
    }

    [Fact]
    public async Task EncodeAsync_FailedBatch_FailsItsCallersOnly()
    {
        await using BatchQueue<int> queue = Queue(batch => batch.Contains(13) ? throw new ModelException("bad luck") : [.. batch.Select(i => (float[])[i])], maxBatch: 1);
        await Assert.ThrowsAsync<ModelException>(() => queue.EncodeAsync(13, Token));
        Assert.Equal(14, (await queue.EncodeAsync(14, Token))[0]);
        await WaitUntilEmptyAsync(queue);
    }

    [Fact]
    public async Task EncodeAsync_WithDelay_WaitsForCompany()
    {
        List<int> sizes = [];
        await using BatchQueue<int> queue = Queue(batch => { sizes.Add(batch.Count); return [.. batch.Select(i => (float[])[i])]; }, maxBatch: 2, delay: TimeSpan.FromMinutes(1));
        Task<float[]> first = queue.EncodeAsync(1, Token);
        await Task.Delay(100, Token);
        Assert.False(first.IsCompleted);
        await Task.WhenAll(first, queue.EncodeAsync(2, Token));
        Assert.Equal([2], sizes);
    }

    private static BatchQueue<int> Queue(Func<IReadOnlyList<int>, float[][]> encode, int maxBatch, TimeSpan delay = default) =>
        new(encode, maxBatch, delay, TimeProvider.System);

    private static async Task WaitUntilEmptyAsync(BatchQueue<int> queue)
    {
        for (int attempt = 0; attempt < 3000 && queue.Depth > 0; attempt++)
            await Task.Delay(10, Token);
        Assert.Equal(0, queue.Depth);
    }
}
