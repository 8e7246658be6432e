using CavMae.Retrieval.Ingest;

namespace CavMae.Retrieval.Tests.Ingest;

public sealed class KeyedLocksTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AcquireAsync_OverlappingKeys_TakeTurnsWithoutDeadlock()
    {
        KeyedLocks locks = new();
        int inside = 0;
        int most = 0;
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
        {
            using IDisposable turn = await locks.AcquireAsync(i % 2 == 0 ? ["a", "b"] : ["b", "a"], Token);
            most = Math.Max(most, Interlocked.Increment(ref inside));
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        }, Token))).WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task AcquireAsync_CancelledWhileWaiting_LeavesTheLocksFree()
    {
        KeyedLocks locks = new();
        using CancellationTokenSource cancel = new();
        using (await locks.AcquireAsync(["b"], Token))
        {
            Task<IDisposable> waiting = locks.AcquireAsync(["a", "b"], cancel.Token);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
            (await locks.AcquireAsync(["a"], Token)).Dispose();
        }
        (await locks.AcquireAsync(["a", "b"], Token).WaitAsync(TimeSpan.FromSeconds(30), Token)).Dispose();
    }
}
