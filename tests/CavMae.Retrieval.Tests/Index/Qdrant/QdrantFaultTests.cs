using System.Net;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Tests.Index.Qdrant;

/// <summary>What callers see while Qdrant fails, and after: a clear error, no clip half visible, and no restart needed.</summary>
public sealed class QdrantFaultTests : IDisposable
{
    private readonly FakeQdrant server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private QdrantIndexOptions Options(Action<QdrantIndexOptions>? change = null)
    {
        var options = new QdrantIndexOptions { Url = server.Url, Timeout = TimeSpan.FromSeconds(5), Retries = 1, BatchSize = 2 };
        change?.Invoke(options);
        return options;
    }

    public void Dispose()
    {
        server.Dispose();
        Assert.True(server.Violations.IsEmpty, string.Join('\n', server.Violations));
    }

    [Fact]
    public async Task Open_ServerDown_CallsSaySoAndWorkOnceItIsUp()
    {
        server.Stop();
        await using var index = await OpenAsync(Options());
        var exception = await Assert.ThrowsAsync<StoreUnavailableException>(() => index.CountAsync(Cancellation));
        Assert.Contains(server.Url, exception.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => index.SearchAsync(Query(), Cancellation));

        server.Start();
        await TestClips.AddAsync(index, "a", TestClips.Scenes(new Random(1), 3));
        Assert.Equal(new IndexCounts(1, 3), await index.CountAsync(Cancellation));
    }

    /// <summary>Each kind of failure at each step of a write of a new clip: step by step until the write goes through untouched.</summary>
    [Theory]
    [InlineData(nameof(FaultKind.Status))]
    [InlineData(nameof(FaultKind.AnswerLost))]
    [InlineData(nameof(FaultKind.HalfApplied))]
    [InlineData(nameof(FaultKind.NotApplied))]
    public async Task Upsert_FailsAtAnyStep_ClipIsWholeOrAsItWas(string kind)
    {
        var fault = new Fault(Enum.Parse<FaultKind>(kind), HttpStatusCode.InternalServerError);
        var isThrough = false;
        for (var step = 0; !isThrough; step++)
        {
            var name = $"step-{step}";
            await using var writer = await OpenAsync(Options(options => (options.Collection, options.Retries) = (name, 0)));
            // Tries again: the connections that broke are still in the writer's pool, and not what this is about.
            await using var index = await OpenAsync(Options(options => options.Collection = name));
            var before = await TestClips.AddAsync(index, "a", TestClips.Scenes(new Random(1), 3), "old");
            var scenes = TestClips.Scenes(new Random(2), 5);
            var after = TestClips.Record("a", scenes, ["new"]);
            var writes = 0;
            server.Faults = request => request.Method == "PUT" || request.Operation == "POST points/delete" ? writes++ == step ? fault : null : null;
            try
            {
                await writer.UpsertAsync(after, scenes, Cancellation);
            }
            catch (StoreUnavailableException)
            {
                // Which is allowed; what must not be is half a clip.
            }
            isThrough = writes <= step;
            server.Faults = _ => null;
            await AssertWholeAsync(index, before, after);
            // And the next write goes through.
            await index.UpsertAsync(after, scenes, Cancellation);
            TestClips.AssertSame(after, await index.GetAsync("a", Cancellation));
            Assert.Equal(new IndexCounts(1, 5), await index.CountAsync(Cancellation));
        }
    }

    [Fact]
    public async Task Upsert_ServerDiesInTheSecondBatch_NothingIsVisibleAndRetrySucceeds()
    {
        await using var index = await OpenAsync(Options(options => options.Retries = 0));
        var scenes = TestClips.Scenes(new Random(1), 7);
        var batches = 0;
        server.Faults = request =>
        {
            if (request is not { Operation: "PUT points", Collection: "cavmae.first" } || ++batches < 2)
                return null;
            server.Stop();
            return new Fault(FaultKind.HalfApplied);
        };
        await Assert.ThrowsAsync<StoreUnavailableException>(() => index.UpsertAsync(TestClips.Record("a", scenes), scenes, Cancellation));
        server.Faults = _ => null;
        server.Start();

        Assert.NotEmpty(server.PointsOf("cavmae"));
        Assert.Null(await index.GetAsync("a", Cancellation));
        Assert.Empty(await index.SearchAsync(Query(), Cancellation));
        Assert.Equal(new IndexCounts(0, 0), await index.CountAsync(Cancellation));
        await index.UpsertAsync(TestClips.Record("a", scenes), scenes, Cancellation);
        Assert.Equal(new IndexCounts(1, 7), await index.CountAsync(Cancellation));
        Assert.Equal(7, (await index.SearchAsync(Query() with { Grouping = Grouping.Scene }, Cancellation)).Count);
    }

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    public async Task AnyCall_StatusThatPasses_IsTriedAgain(HttpStatusCode status)
    {
        await using var index = await OpenAsync(Options());
        var failed = new HashSet<string>();
        server.Faults = request => failed.Add(request.Operation) ? new Fault(FaultKind.Status, status, RetryAfter: "0") : null;
        var clip = await TestClips.AddAsync(index, "a", TestClips.Scenes(new Random(1), 3));
        TestClips.AssertSame(clip, await index.GetAsync("a", Cancellation));
        Assert.Single(await index.SearchAsync(Query(), Cancellation));
        Assert.Contains("PUT points", failed);
    }

    [Fact]
    public async Task AnyCall_StatusThatStays_ThrowsWithTheServersWords()
    {
        await using var index = await OpenAsync(Options());
        server.Faults = _ => new Fault(FaultKind.Status, HttpStatusCode.InternalServerError);
        var exception = await Assert.ThrowsAsync<StoreUnavailableException>(() => index.SearchAsync(Query(), Cancellation));
        Assert.Contains("500: told to fail", exception.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => index.CheckAsync(Cancellation));
        server.Faults = _ => null;
        await index.CheckAsync(Cancellation);
    }

    [Fact]
    public async Task AnyCall_NoAnswerInTime_ThrowsAndRecovers()
    {
        await using var index = await OpenAsync(Options());
        await TestClips.AddAsync(index, "a", TestClips.Scenes(new Random(1), 2));
        await using var impatient = await OpenAsync(Options(options => (options.Timeout, options.Retries) = (TimeSpan.FromMilliseconds(300), 0)));
        server.Faults = _ => new Fault(FaultKind.Slow, Delay: TimeSpan.FromSeconds(2));
        var exception = await Assert.ThrowsAsync<StoreUnavailableException>(() => impatient.SearchAsync(Query(), Cancellation));
        Assert.Contains("0.3 s", exception.Message, StringComparison.Ordinal);
        // Slow, but within the other one's patience.
        server.Faults = _ => new Fault(FaultKind.Slow, Delay: TimeSpan.FromMilliseconds(100));
        Assert.Single(await index.SearchAsync(Query(), Cancellation));
    }

    [Fact]
    public async Task AnyCall_CancelledWhileTheServerIsSlow_EndsAtOnce()
    {
        await using var index = await OpenAsync(Options());
        server.Faults = _ => new Fault(FaultKind.Slow, Delay: TimeSpan.FromSeconds(3));
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var search = index.SearchAsync(Query(), cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => search);
    }

    [Fact]
    public async Task AnyCall_WrongApiKey_NamesTheOption()
    {
        using var guarded = new FakeQdrant(apiKey: "secret");
        await using var index = await OpenAsync(Options(options => (options.Url, options.ApiKey) = (guarded.Url, "wrong")));
        var exception = await Assert.ThrowsAsync<StoreUnavailableException>(() => index.CountAsync(Cancellation));
        Assert.Contains("Index:Qdrant:ApiKey", exception.Message, StringComparison.Ordinal);
        await using var allowed = await OpenAsync(Options(options => (options.Url, options.ApiKey) = (guarded.Url, "secret")));
        Assert.Equal(new IndexCounts(0, 0), await allowed.CountAsync(Cancellation));
    }

    private static async Task AssertWholeAsync(QdrantIndex index, ClipRecord before, ClipRecord after)
    {
        var clip = await index.GetAsync("a", Cancellation);
        Assert.NotNull(clip);
        TestClips.AssertSame(clip.Tags.Contains("new") ? after : before, clip);
        Assert.Equal(clip.Scenes.Count, (await index.GetEmbeddingsAsync("a", Cancellation))!.Count);
        var hits = await index.SearchAsync(Query() with { Grouping = Grouping.Scene }, Cancellation);
        Assert.Equal(clip.Scenes.Select(scene => scene.Index), hits.Select(hit => hit.Scene.Index).Order());
        Assert.All(hits, hit => Assert.Equal(clip.Tags, hit.Clip.Tags));
        Assert.Equal(new IndexCounts(1, clip.Scenes.Count), await index.CountAsync(Cancellation));
    }

    private static IndexQuery Query() => new() { Scenes = TestClips.Scenes(new Random(9), 2), Pairings = Pairings.All };

    private static Task<QdrantIndex> OpenAsync(QdrantIndexOptions options) => QdrantIndex.OpenAsync(options, TestClips.ModelId, TestClips.Dimension, cancellationToken: Cancellation);
}
