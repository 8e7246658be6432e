using System.Text.Json.Nodes;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Tests.Index.Qdrant;

/// <summary>What only this store does: several processes on one server, collections of others, filters that Qdrant cannot say.</summary>
public sealed class QdrantIndexTests : IDisposable
{
    private readonly FakeQdrant server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        server.Dispose();
        Assert.True(server.Violations.IsEmpty, string.Join('\n', server.Violations));
    }

    [Theory]
    [InlineData("another-model", TestClips.Dimension)]
    [InlineData(TestClips.ModelId, TestClips.Dimension + 1)]
    public async Task Open_CollectionOfAnotherModel_IsRefusedWithWhatToDo(string modelId, int dimension)
    {
        await using (await OpenAsync())
        {
        }
        var exception = await Assert.ThrowsAsync<ModelMismatchException>(() => QdrantIndex.OpenAsync(new() { Url = server.Url }, modelId, dimension, cancellationToken: Cancellation));
        Assert.Equal(TestClips.ModelId, exception.StoreModelId);
        Assert.Contains("Index:Qdrant:Collection", exception.Message, StringComparison.Ordinal);
        Assert.Contains("cavmae index", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replace_TwoProcessesAtOnce_EndsInOneWholeClipAndNoOrphan()
    {
        await using var one = await OpenAsync();
        await using var other = await OpenAsync();
        var writers = new[] { one, other }.Select((index, number) => Task.Run(async () =>
        {
            for (var i = 0; i < 12; i++)
            {
                await TestClips.AddAsync(index, "a", TestClips.Scenes(new Random(i), 1 + ((i + (3 * number)) % 5)), $"writer-{number}");
                if (i % 5 == 4)
                    await index.DeleteAsync("a", Cancellation);
            }
        }, Cancellation));
        await Task.WhenAll(writers);

        await TestClips.AddAsync(one, "b", []);
        var clip = await other.GetAsync("a", Cancellation);
        var scenes = clip?.Scenes.Count ?? 0;
        Assert.Equal(scenes, (await one.GetEmbeddingsAsync("a", Cancellation))?.Count ?? 0);
        Assert.Equal(scenes, server.PointsOf("cavmae").Count);
        Assert.Equal(new IndexCounts(clip is null ? 1 : 2, scenes), await one.CountAsync(Cancellation));
        // Commit points, and no journal entry.
        Assert.Equal(clip is null ? 1 : 2, server.PointsOf("cavmae_clips").Count);
    }

    [Fact]
    public async Task List_ClipsOfSeveralProcesses_InOrderOfUpload()
    {
        await using var one = await OpenAsync();
        await using var other = await OpenAsync();
        for (var i = 0; i < 6; i++)
            await TestClips.AddAsync(i % 2 == 0 ? one : other, $"clip-{i}", []);
        Assert.Equal(Enumerable.Range(0, 6).Select(i => $"clip-{i}"), (await one.ListAsync(ClipFilter.None, null, 10, Cancellation)).Items.Select(clip => clip.Id));
    }

    [Fact]
    public async Task Search_FiltersQdrantCannotSay_MeanWhatTheyMeanElsewhere()
    {
        await using var index = await OpenAsync();
        var clips = new Dictionary<string, string>
        {
            ["quotes"] = """{"a\"b": "x", "n": 1}""",
            ["large"] = $$"""{"n": 5, "text": "{{new string('x', 20_000)}}"}""",
            ["huge number"] = """{"n": 1e400, "m": 2}""",
            ["fraction"] = """{"n": 5.0}""",
            ["dotted"] = """{"a.b": 5, "a": {"b": 6}}""",
            ["instant"] = """{"when": "2026-01-02T00:00:00.0000001Z"}""",
        };
        var scenes = TestClips.Scenes(new Random(1), 1);
        foreach (var (id, metadata) in clips)
            await index.UpsertAsync(TestClips.Record(id, scenes, metadata: (JsonObject)JsonNode.Parse(metadata)!), scenes, Cancellation);

        await AssertFoundAsync(["quotes"], new MetadataIsOneOf(["a\"b"], [JsonValue.Create("x")]));
        await AssertFoundAsync(["fraction", "large"], new MetadataIsOneOf(["n"], [JsonValue.Create(5)]));
        await AssertFoundAsync(["huge number"], new MetadataNumberRange(["m"], new Bounds<double> { AtLeast = 2 }));
        await AssertFoundAsync(["dotted"], new MetadataIsOneOf(["a.b"], [JsonValue.Create(5)]));
        await AssertFoundAsync(["dotted"], new MetadataIsOneOf(["a", "b"], [JsonValue.Create(6)]));
        await AssertFoundAsync(["instant"], new MetadataDateRange(["when"], new Bounds<DateTimeOffset> { GreaterThan = new(2026, 1, 2, 0, 0, 0, TimeSpan.Zero) }));
        await AssertFoundAsync([], new MetadataIsOneOf(["'; DROP", "\u0007", "]"], [JsonValue.Create("\"}]}")]));

        async Task AssertFoundAsync(string[] expected, MetadataCondition condition)
        {
            var filter = new ClipFilter { Conditions = [condition] };
            var hits = await index.SearchAsync(new IndexQuery { Scenes = scenes, Pairings = Pairings.All, Filter = filter }, Cancellation);
            Assert.Equal(expected, hits.Select(hit => hit.Clip.Id).Order(StringComparer.Ordinal));
            Assert.Equal(expected, (await index.ListAsync(filter, null, 10, Cancellation)).Items.Select(clip => clip.Id).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Open_WriteLeftByAProcessThatDied_IsCleanedUpOnceItIsOld()
    {
        await using (var index = await OpenAsync())
        {
            var scenes = TestClips.Scenes(new Random(1), 3);
            // The commit and all after it fail, as for a process that is no more.
            var isDead = false;
            server.Faults = request => (isDead |= request is { Operation: "PUT points", Collection: "cavmae.first" }) && request is not { Collection: "cavmae.first" }
                ? new Fault(FaultKind.Status) : null;
            await Assert.ThrowsAsync<StoreUnavailableException>(() => index.UpsertAsync(TestClips.Record("a", scenes), scenes, Cancellation));
        }
        server.Faults = _ => null;
        Assert.Equal(3, server.PointsOf("cavmae").Count);
        await using (var soon = await OpenAsync())
            Assert.Equal(new IndexCounts(0, 0), await soon.CountAsync(Cancellation));
        Assert.Equal(3, server.PointsOf("cavmae").Count);

        await using var later = await OpenAsync(new LaterTime(TimeSpan.FromHours(2)));
        Assert.Empty(server.PointsOf("cavmae"));
        Assert.Empty(server.PointsOf("cavmae_clips"));
    }

    private Task<QdrantIndex> OpenAsync(TimeProvider? time = null) =>
        QdrantIndex.OpenAsync(new QdrantIndexOptions { Url = server.Url, Retries = 0 }, TestClips.ModelId, TestClips.Dimension, timeProvider: time, cancellationToken: Cancellation);

    private sealed class LaterTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
