using System.Text.Json.Nodes;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Tests.Index;

/// <summary>What every store does, told by <see cref="ISceneIndex"/> alone. Each kind of store runs all of it by inheriting this class.</summary>
public abstract partial class SceneIndexContract
{
    /// <summary>Cosines of unit float32 vectors against double precision: rounding of at most 21 products, with room for stores that normalise again.</summary>
    private const float CosineTolerance = 2e-6f;

    /// <summary>An empty store of its own for <see cref="TestClips.ModelId"/> and <see cref="TestClips.Dimension"/>, cleaned up by the class when the test ends.</summary>
    protected abstract Task<ISceneIndex> OpenAsync(CancellationToken cancellationToken);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Get_AfterUpsert_ReturnsClipUnchanged()
    {
        await using var index = await OpenAsync(Cancellation);
        var scenes = TestClips.Scenes(new Random(1), 3, missing: 0.3);
        var metadata = (JsonObject)JsonNode.Parse("""{"name": "Grüße 🎬 \u0000", "big": 12345678901234567890, "small": 1.50e-7, "deep": {"list": [1, null, true, "x"]}, "empty": {}}""")!;
        var clip = TestClips.Record("clip/1 ü", scenes, ["b", "a", "Ä"], metadata: metadata, title: "Quote ' and \"");
        await index.UpsertAsync(clip, scenes, Cancellation);

        TestClips.AssertSame(clip, await index.GetAsync(clip.Id, Cancellation));
        TestClips.AssertSame(clip, await index.FindByContentAsync(clip.Sha256, Cancellation));
        TestClips.AssertSame(clip, Assert.Single((await index.ListAsync(ClipFilter.None, null, 10, Cancellation)).Items));
        Assert.Equal(new IndexCounts(1, 3), await index.CountAsync(Cancellation));
    }

    [Fact]
    public async Task Get_RecordChangedByCaller_StoreKeepsItsOwn()
    {
        await using var index = await OpenAsync(Cancellation);
        var scenes = TestClips.Scenes(new Random(1), 1);
        var clip = TestClips.Record("a", scenes, metadata: new JsonObject { ["x"] = 1 });
        await index.UpsertAsync(clip, scenes, Cancellation);
        var given = (float[])scenes[0].Audio!.Clone();
        clip.Metadata["x"] = 2;
        (await index.GetAsync("a", Cancellation))!.Metadata["x"] = 3;
        (await index.GetEmbeddingsAsync("a", Cancellation))![0].Audio![0] = 9;
        scenes[0].Audio![0] = 9;

        Assert.Equal(1, (int)(await index.GetAsync("a", Cancellation))!.Metadata["x"]!);
        Assert.Equal(given, (await index.GetEmbeddingsAsync("a", Cancellation))![0].Audio);
    }

    [Fact]
    public async Task Read_UnknownClip_ReturnsNothing()
    {
        await using var index = await OpenAsync(Cancellation);
        Assert.Null(await index.GetAsync("a", Cancellation));
        Assert.Null(await index.FindByContentAsync("a", Cancellation));
        Assert.Null(await index.GetEmbeddingsAsync("a", Cancellation));
        Assert.False(await index.DeleteAsync("a", Cancellation));
        Assert.Equal(new IndexCounts(0, 0), await index.CountAsync(Cancellation));
        Assert.Equal(new ClipPage([], null), await index.ListAsync(ClipFilter.None, null, 10, Cancellation) with { Items = [] });
        Assert.Empty(await index.SearchAsync(Query(Pairings.All, TestClips.Scenes(new Random(1), 2)), Cancellation));
    }

    [Fact]
    public async Task GetEmbeddings_MissingModalities_RoundTrip()
    {
        await using var index = await OpenAsync(Cancellation);
        var random = new Random(1);
        SceneEmbedding[] scenes =
        [
            TestClips.Scene(0, TestClips.UnitVector(random), TestClips.UnitVector(random)),
            TestClips.Scene(1, null, TestClips.UnitVector(random)),
            TestClips.Scene(2, TestClips.UnitVector(random), null),
            TestClips.Scene(3, null, null),
        ];
        await TestClips.AddAsync(index, "a", scenes);

        var stored = await index.GetEmbeddingsAsync("a", Cancellation);
        Assert.NotNull(stored);
        Assert.Equal(scenes.Length, stored.Count);
        for (var i = 0; i < scenes.Length; i++)
        {
            Assert.Equal(scenes[i] with { Audio = null, Visual = null }, stored[i] with { Audio = null, Visual = null });
            AssertVector(scenes[i].Audio, stored[i].Audio);
            AssertVector(scenes[i].Visual, stored[i].Visual);
        }
    }

    [Fact]
    public async Task Upsert_SameId_ReplacesAllAndKeepsPlace()
    {
        await using var index = await OpenAsync(Cancellation);
        var random = new Random(1);
        foreach (var id in new[] { "c", "a", "b" })
            await TestClips.AddAsync(index, id, TestClips.Scenes(random, 3), "old");
        SceneEmbedding[] scenes = [TestClips.Scene(0, null, TestClips.AtCosine(0.5))];
        var replacement = TestClips.Record("a", scenes, ["new"], sha256: "other");
        await index.UpsertAsync(replacement, scenes, Cancellation);

        TestClips.AssertSame(replacement, await index.GetAsync("a", Cancellation));
        Assert.Equal(["c", "a", "b"], (await index.ListAsync(ClipFilter.None, null, 10, Cancellation)).Items.Select(clip => clip.Id));
        Assert.Equal(new IndexCounts(3, 7), await index.CountAsync(Cancellation));
        Assert.Null(await index.FindByContentAsync("content of a", Cancellation));
        Assert.Equal("a", (await index.FindByContentAsync("other", Cancellation))?.Id);
        AssertVector(scenes[0].Visual, Assert.Single((await index.GetEmbeddingsAsync("a", Cancellation))!).Visual);
        var hits = await index.SearchAsync(Query(Pairings.AudioToVisual, TestClips.Scene(0, TestClips.AtCosine(1), null)) with { Filter = new ClipFilter { Tags = ["new"] }, Grouping = Grouping.Scene }, Cancellation);
        Assert.Equal(0.5f, Assert.Single(hits).Score, CosineTolerance);
    }

    [Fact]
    public async Task Delete_StoredClip_LeavesNothingOfIt()
    {
        await using var index = await OpenAsync(Cancellation);
        var random = new Random(1);
        await TestClips.AddAsync(index, "a", TestClips.Scenes(random, 3));
        var kept = await TestClips.AddAsync(index, "b", TestClips.Scenes(random, 2));

        Assert.True(await index.DeleteAsync("a", Cancellation));
        Assert.False(await index.DeleteAsync("a", Cancellation));
        Assert.Null(await index.GetAsync("a", Cancellation));
        Assert.Null(await index.GetEmbeddingsAsync("a", Cancellation));
        Assert.Equal(new IndexCounts(1, 2), await index.CountAsync(Cancellation));
        Assert.Null(await index.FindByContentAsync("content of a", Cancellation));
        Assert.Equal("b", (await index.FindByContentAsync(kept.Sha256, Cancellation))?.Id);
        var hits = await index.SearchAsync(Query(Pairings.All, TestClips.Scenes(random, 2)) with { Grouping = Grouping.Scene }, Cancellation);
        Assert.Equal(["b", "b"], hits.Select(hit => hit.Clip.Id));
    }

    [Fact]
    public async Task FindByContent_SeveralClips_ReturnsOldestThatIsLeft()
    {
        await using var index = await OpenAsync(Cancellation);
        var scenes = TestClips.Scenes(new Random(1), 1);
        foreach (var id in new[] { "z", "a", "m" })
            await index.UpsertAsync(TestClips.Record(id, scenes, sha256: "same"), scenes, Cancellation);

        Assert.Equal("z", (await index.FindByContentAsync("same", Cancellation))!.Id);
        // Replacing keeps a clip's age.
        await index.UpsertAsync(TestClips.Record("z", scenes, sha256: "same", title: "new"), scenes, Cancellation);
        Assert.Equal("z", (await index.FindByContentAsync("same", Cancellation))!.Id);
        await index.DeleteAsync("z", Cancellation);
        Assert.Equal("a", (await index.FindByContentAsync("same", Cancellation))!.Id);
        await index.DeleteAsync("a", Cancellation);
        await index.DeleteAsync("m", Cancellation);
        Assert.Null(await index.FindByContentAsync("same", Cancellation));
    }

    [Fact]
    public async Task Upsert_ClipWithoutScenes_IsListedAndNeverFound()
    {
        await using var index = await OpenAsync(Cancellation);
        await TestClips.AddAsync(index, "a", []);
        Assert.Equal(new IndexCounts(1, 0), await index.CountAsync(Cancellation));
        Assert.Empty((await index.GetEmbeddingsAsync("a", Cancellation))!);
        Assert.Empty(await index.SearchAsync(Query(Pairings.All, TestClips.Scenes(new Random(1), 1)), Cancellation));
    }

    private static IndexQuery Query(Pairings pairings, params SceneEmbedding[] scenes) => new() { Scenes = scenes, Pairings = pairings };

    private static void AssertVector(float[]? expected, float[]? actual)
    {
        Assert.Equal(expected is null, actual is null);
        for (var i = 0; i < (expected?.Length ?? 0); i++)
            Assert.Equal(expected![i], actual![i], 1e-6f);
    }
}
