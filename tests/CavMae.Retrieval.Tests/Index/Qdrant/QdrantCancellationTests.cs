using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Tests.Index.Qdrant;

/// <summary>Writes whose caller goes away, and writes that take too long: what the caller is told is what happened.</summary>
public sealed class QdrantCancellationTests : IDisposable
{
    private readonly FakeQdrant server = new();
    private readonly MovableTime time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        server.Dispose();
        Assert.True(server.Violations.IsEmpty, string.Join('\n', server.Violations));
    }

    [Fact]
    public async Task Delete_CancelledDuringTheRequestThatDecides_TakesPlace()
    {
        await using var index = await OpenAsync();
        await TestClips.AddAsync(index, "a", TestClips.Scenes(new Random(1), 3));
        using var caller = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var (arrived, release) = Hold(request => request is { Operation: "POST points/delete", Collection: "cavmae.first_clips" });

        var delete = index.DeleteAsync("a", caller.Token);
        await arrived;
        await caller.CancelAsync();
        release.SetResult();

        Assert.True(await delete);
        Assert.Null(await index.GetAsync("a", Cancellation));
        Assert.Empty(server.PointsOf("cavmae"));
    }

    [Fact]
    public async Task Delete_CancelledBeforeTheRequestThatDecides_ClipStays()
    {
        await using var index = await OpenAsync();
        var clip = await TestClips.AddAsync(index, "a", TestClips.Scenes(new Random(1), 3));
        using var caller = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var (arrived, release) = Hold(request => request is { Operation: "PUT points", Collection: "cavmae.first_clips" });

        var delete = index.DeleteAsync("a", caller.Token);
        await arrived;
        await caller.CancelAsync();
        release.SetResult();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => delete);
        TestClips.AssertSame(clip, await index.GetAsync("a", Cancellation));
    }

    [Fact]
    public async Task Upsert_CancelledDuringTheSweep_ClipIsNotThere()
    {
        await using var index = await OpenAsync();
        time.Ahead = TimeSpan.FromHours(2);
        using var caller = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var (arrived, release) = Hold(request => request.Operation == "POST points/scroll" && request.Body!["order_by"] is null);
        var scenes = TestClips.Scenes(new Random(1), 3);

        var upsert = index.UpsertAsync(TestClips.Record("a", scenes), scenes, caller.Token);
        await arrived;
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upsert);
        release.SetResult();

        Assert.Null(await index.GetAsync("a", Cancellation));
        Assert.Empty(server.PointsOf("cavmae"));
    }

    /// <summary>No reason to wait for the store, as jobs do without end: the next try would take as long.</summary>
    [Fact]
    public async Task Upsert_TakesHalfTheTimeAfterWhichItIsSwept_IsGivenUpAndSaysWhatToDo()
    {
        await using var index = await OpenAsync();
        var before = await TestClips.AddAsync(index, "a", TestClips.Scenes(new Random(1), 3));
        var scenes = TestClips.Scenes(new Random(2), 5);
        server.Faults = request =>
        {
            if (request is { Operation: "PUT points", Collection: "cavmae.first" })
                time.Ahead = TimeSpan.FromMinutes(31);
            return null;
        };

        var exception = await Assert.ThrowsAsync<TimeoutException>(() => index.UpsertAsync(TestClips.Record("a", scenes, sha256: "new content"), scenes, Cancellation));

        Assert.Contains("Index:Qdrant:AbandonedAfter", exception.Message, StringComparison.Ordinal);
        TestClips.AssertSame(before, await index.GetAsync("a", Cancellation));
        Assert.Equal(3, server.PointsOf("cavmae").Count);
        Assert.Equal(new IndexCounts(1, 3), await index.CountAsync(Cancellation));
    }

    /// <summary>Leaves the first request of a kind without an answer until it is released.</summary>
    private (Task Arrived, TaskCompletionSource Release) Hold(Func<FakeRequest, bool> isHeld)
    {
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously), release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Faults = request => isHeld(request) && arrived.TrySetResult() ? new Fault(FaultKind.Held, Until: release.Task) : null;
        return (arrived.Task.WaitAsync(TimeSpan.FromMinutes(1), Cancellation), release);
    }

    private Task<QdrantIndex> OpenAsync() =>
        QdrantIndex.OpenAsync(new QdrantIndexOptions { Url = server.Url, Retries = 0 }, TestClips.ModelId, TestClips.Dimension, timeProvider: time, cancellationToken: Cancellation);
}
