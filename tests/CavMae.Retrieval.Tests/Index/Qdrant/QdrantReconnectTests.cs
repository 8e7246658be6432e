using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Tests.Index.Qdrant;

/// <summary>What happens when Qdrant does not answer any more, and when it comes back as another one.</summary>
public sealed class QdrantReconnectTests : IDisposable
{
    /// <summary>Bounds waits that end by themselves where all is well; generous, so that a busy machine breaks nothing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly FakeQdrant server = new();
    private readonly StandingTime time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        server.Dispose();
        Assert.True(server.Violations.IsEmpty, string.Join('\n', server.Violations));
    }

    [Theory]
    [InlineData("another-model", TestClips.Dimension)]
    [InlineData(TestClips.ModelId, TestClips.Dimension + 1)]
    public async Task AnyCall_ServerComesBackWithAnotherModel_IsUnavailableUntilMended(string modelId, int dimension)
    {
        server.Stop();
        await using var index = await OpenAsync(TimeProvider.System);
        server.Start();
        await using (await QdrantIndex.OpenAsync(Options(), modelId, dimension, cancellationToken: Cancellation))
        {
        }
        var scenes = TestClips.Scenes(new Random(1), 1);
        Func<Task>[] calls =
        [
            () => index.SearchAsync(Query(), Cancellation), () => index.GetAsync("a", Cancellation), () => index.CheckAsync(Cancellation),
            () => index.UpsertAsync(TestClips.Record("a", scenes), scenes, Cancellation),
        ];
        foreach (var call in calls)
        {
            var exception = await Assert.ThrowsAsync<StoreUnavailableException>(call);
            Assert.Equal(modelId, Assert.IsType<ModelMismatchException>(exception.InnerException).StoreModelId);
            Assert.Contains($"'{modelId}'", exception.Message, StringComparison.Ordinal);
            Assert.Contains("Index:Qdrant:Collection", exception.Message, StringComparison.Ordinal);
        }
        server.Clear();
        await TestClips.AddAsync(index, "a", scenes);
        Assert.Equal(new IndexCounts(1, 1), await index.CountAsync(Cancellation));
    }

    /// <summary>No call fails between the removal of the collections and their return, so nothing but the store itself can tell.</summary>
    [Theory]
    [InlineData("another-model", TestClips.Dimension)]
    [InlineData(TestClips.ModelId, TestClips.Dimension + 1)]
    public async Task Upsert_CollectionsMadeAnewForAnotherModel_NothingIsMixed(string modelId, int dimension)
    {
        await using var index = await OpenAsync(TimeProvider.System);
        server.Clear();
        await using var other = await QdrantIndex.OpenAsync(Options(), modelId, dimension, cancellationToken: Cancellation);
        var scenes = TestClips.Scenes(new Random(1), 2);

        var exception = await Assert.ThrowsAsync<StoreUnavailableException>(() => index.UpsertAsync(TestClips.Record("a", scenes), scenes, Cancellation));

        Assert.Contains($"'{modelId}'", exception.Message, StringComparison.Ordinal);
        Assert.Empty(server.PointsOf("cavmae"));
        Assert.Empty(server.PointsOf("cavmae_clips"));
    }

    [Fact]
    public async Task Read_CollectionsMadeAnewForAnotherModel_IsUnavailable()
    {
        Func<QdrantIndex, Task>[] calls =
        [
            index => index.SearchAsync(Query(), Cancellation), index => index.GetAsync("a", Cancellation), index => index.ListAsync(ClipFilter.None, null, 10, Cancellation),
            index => index.UpdateAsync("a", new ClipChanges { Title = "new" }, Cancellation),
        ];
        var indexes = new List<QdrantIndex>();
        foreach (var _ in calls)
            indexes.Add(await OpenAsync(TimeProvider.System));
        server.Clear();
        await using var other = await QdrantIndex.OpenAsync(Options(), "another-model", TestClips.Dimension, cancellationToken: Cancellation);
        var scenes = TestClips.Scenes(new Random(1), 2);
        await other.UpsertAsync(TestClips.Record("a", scenes) with { ModelId = "another-model" }, scenes, Cancellation);

        foreach (var (call, index) in calls.Zip(indexes))
        {
            await using (index)
            {
                var exception = await Assert.ThrowsAsync<StoreUnavailableException>(() => call(index));
                Assert.Equal("another-model", Assert.IsType<ModelMismatchException>(exception.InnerException).StoreModelId);
            }
        }
    }

    [Fact]
    public async Task Search_ManyCallersWhileTheServerHangs_AllFailAfterOneAttempt()
    {
        await using var index = await OpenAsync(time);
        await FailOnceAsync(index);
        var (arrived, before) = (Hold(), server.Requests.Count);

        var searches = Enumerable.Range(0, 20).Select(_ => index.SearchAsync(Query(), Cancellation)).ToArray();
        await arrived.WaitAsync(Patience, Cancellation);
        Assert.DoesNotContain(searches, search => search.IsCompleted);
        time.EndWaits();

        foreach (var search in searches)
        {
            var exception = await Assert.ThrowsAsync<StoreUnavailableException>(() => search.WaitAsync(Patience, Cancellation));
            Assert.Contains(server.Url, exception.Message, StringComparison.Ordinal);
        }
        Assert.Equal(before + 1, server.Requests.Count);
        server.Faults = _ => null;
        Assert.Empty(await index.SearchAsync(Query(), Cancellation));
    }

    [Fact]
    public async Task Search_OneCallerOfSeveralCancels_TheOthersGetTheirAnswer()
    {
        await using var index = await OpenAsync(time);
        await FailOnceAsync(index);
        var release = new TaskCompletionSource();
        var (arrived, before) = (Hold(release.Task), server.Requests.Count);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        // The one that began the attempt goes.
        var first = index.SearchAsync(Query(), cancellation.Token);
        var others = Enumerable.Range(0, 3).Select(_ => index.SearchAsync(Query(), Cancellation)).ToArray();
        await arrived.WaitAsync(Patience, Cancellation);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(Patience, Cancellation));
        Assert.DoesNotContain(others, search => search.IsCompleted);
        server.Faults = _ => null;
        release.SetResult();

        foreach (var search in others)
            Assert.Empty(await search.WaitAsync(Patience, Cancellation));
        Assert.Equal(2, server.Requests.Skip(before).Count(request => request.Method == "GET"));
    }

    [Fact]
    public async Task Dispose_CallsWaitForTheServer_TheyEnd()
    {
        var index = await OpenAsync(time);
        await FailOnceAsync(index);
        var arrived = Hold();
        var searches = Enumerable.Range(0, 3).Select(_ => index.SearchAsync(Query(), Cancellation)).ToArray();
        await arrived.WaitAsync(Patience, Cancellation);

        await index.DisposeAsync();

        foreach (var search in searches)
            await Assert.ThrowsAsync<ObjectDisposedException>(() => search.WaitAsync(Patience, Cancellation));
    }

    /// <summary>From here on the store asks for its collections again.</summary>
    private async Task FailOnceAsync(QdrantIndex index)
    {
        var arrived = Hold();
        var call = index.CheckAsync(Cancellation);
        await arrived.WaitAsync(Patience, Cancellation);
        time.EndWaits();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => call.WaitAsync(Patience, Cancellation));
    }

    /// <summary>Leaves requests without an answer.</summary>
    /// <returns>Ends when the first one has come.</returns>
    private Task Hold(Task? until = null)
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Faults = _ =>
        {
            arrived.TrySetResult();
            return new Fault(FaultKind.Held, Until: until ?? Task.Delay(Timeout.Infinite, Cancellation));
        };
        return arrived.Task;
    }

    private static IndexQuery Query() => new() { Scenes = TestClips.Scenes(new Random(9), 2), Pairings = Pairings.All };

    private QdrantIndexOptions Options() => new() { Url = server.Url, Retries = 0 };

    private Task<QdrantIndex> OpenAsync(TimeProvider clock) => QdrantIndex.OpenAsync(Options(), TestClips.ModelId, TestClips.Dimension, timeProvider: clock, cancellationToken: Cancellation);
}
