using System.Text.Json.Nodes;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Tests.Index;

public abstract partial class SceneIndexContract
{
    public static TheoryData<string> BadUploads => [.. Uploads.Keys];

    private static readonly Dictionary<string, Func<(ClipRecord, SceneEmbedding[])>> Uploads = new()
    {
        ["vector of another length"] = () => With(scene => scene with { Audio = TestClips.UnitVector(new Random(1), TestClips.Dimension + 1) }),
        ["empty vector"] = () => With(scene => scene with { Visual = [] }),
        ["vector not of unit length"] = () => With(scene => scene with { Audio = [.. scene.Audio!.Select(x => x * 1.002f)] }),
        ["zero vector"] = () => With(scene => scene with { Audio = new float[TestClips.Dimension] }),
        ["NaN"] = () => With(scene => scene with { Visual = [float.NaN, .. scene.Visual!.Skip(1)] }),
        ["infinity"] = () => With(scene => scene with { Visual = [float.PositiveInfinity, .. scene.Visual!.Skip(1)] }),
        ["record without the sound"] = () => With(scene => scene, record => record with { HasAudio = false }),
        ["record with other times"] = () => With(scene => scene, record => record with { End = record.End + TimeSpan.FromTicks(1) }),
        ["index that is no place"] = () => With(scene => scene with { Index = -1 }, record => record with { Index = -1 }),
        ["index that is another scene's"] = () => With(scene => scene, record => record with { Index = 5 }),
        ["two scenes of one index"] = () =>
        {
            SceneEmbedding[] twice = [.. TestClips.Scenes(new Random(2), 2).Select(scene => scene with { Index = 3 })];
            return (TestClips.Record("a", twice), twice);
        },
        ["one scene too few"] = () => (With(scene => scene).Clip, []),
        ["another model"] = () => (With(scene => scene).Clip with { ModelId = "other" }, With(scene => scene).Scenes),
        ["empty id"] = () => (With(scene => scene).Clip with { Id = "" }, With(scene => scene).Scenes),
        ["NUL in the id"] = () => (With(scene => scene).Clip with { Id = "a\0b" }, With(scene => scene).Scenes),
        ["half a surrogate in the title"] = () => (With(scene => scene).Clip with { Title = "\ud83c" }, With(scene => scene).Scenes),
        ["NaN in the metadata"] = () => (With(scene => scene).Clip with { Metadata = new JsonObject { ["x"] = double.NaN } }, With(scene => scene).Scenes),
    };

    [Fact]
    public async Task Upsert_ScenesWithAGapBetween_KeepTheirIndexes()
    {
        await using var index = await OpenAsync(Cancellation);
        SceneEmbedding[] scenes = [.. TestClips.Scenes(new Random(3), 3).Where(scene => scene.Index != 1)];
        await TestClips.AddAsync(index, "gap", scenes);
        Assert.Equal([0, 2], (await index.GetAsync("gap", Cancellation))!.Scenes.Select(scene => scene.Index));
        Assert.Equal([0, 2], (await index.GetEmbeddingsAsync("gap", Cancellation))!.Select(scene => scene.Index));
        var hits = await index.SearchAsync(new IndexQuery { Scenes = [scenes[1]], Pairings = Pairings.AudioToAudio, Grouping = Grouping.Scene }, Cancellation);
        Assert.Equal(2, hits[0].Scene.Index);
    }

    [Theory]
    [MemberData(nameof(BadUploads))]
    public async Task Upsert_BadInput_ThrowsAndLeavesStoreAsItWas(string fault)
    {
        await using var index = await OpenAsync(Cancellation);
        var before = await TestClips.AddAsync(index, "a", TestClips.Scenes(new Random(1), 2));
        var (clip, scenes) = Uploads[fault]();
        await Assert.ThrowsAnyAsync<ArgumentException>(() => index.UpsertAsync(clip, scenes, Cancellation));
        TestClips.AssertSame(before, await index.GetAsync("a", Cancellation));
        Assert.Equal(new IndexCounts(1, 2), await index.CountAsync(Cancellation));
    }

    public static TheoryData<string> BadQueries => [.. Queries.Keys];

    private static readonly Dictionary<string, Func<IndexQuery, IndexQuery>> Queries = new()
    {
        ["no scene"] = query => query with { Scenes = [] },
        ["vector of another length"] = query => query with { Scenes = [TestClips.Scene(0, [1], null)] },
        ["vector not finite"] = query => query with { Scenes = [TestClips.Scene(0, [float.NaN, .. new float[TestClips.Dimension - 1]], null)] },
        ["no pairing"] = query => query with { Pairings = 0 },
        ["limit 0"] = query => query with { Limit = 0 },
        ["limit 101"] = query => query with { Limit = 101 },
        ["minScore above 1"] = query => query with { MinScore = 1.1f },
        ["minScore NaN"] = query => query with { MinScore = float.NaN },
    };

    [Theory]
    [MemberData(nameof(BadQueries))]
    public async Task Search_BadQuery_Throws(string fault)
    {
        await using var index = await OpenAsync(Cancellation);
        var query = Queries[fault](Query(Pairings.All, TestClips.Scenes(new Random(1), 1)));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => index.SearchAsync(query, Cancellation));
    }

    [Fact]
    public async Task AnyCall_Cancelled_ThrowsAndChangesNothing()
    {
        await using var index = await OpenAsync(Cancellation);
        var scenes = TestClips.Scenes(new Random(1), 2);
        await TestClips.AddAsync(index, "a", scenes);
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => index.UpsertAsync(TestClips.Record("b", scenes), scenes, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => index.DeleteAsync("a", cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => index.GetAsync("a", cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => index.ListAsync(ClipFilter.None, null, 10, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => index.SearchAsync(Query(Pairings.All, scenes), cancelled));
        Assert.Equal(new IndexCounts(1, 2), await index.CountAsync(Cancellation));
    }

    private static (ClipRecord Clip, SceneEmbedding[] Scenes) With(Func<SceneEmbedding, SceneEmbedding> change, Func<SceneRecord, SceneRecord>? changeRecord = null)
    {
        SceneEmbedding[] scenes = [change(TestClips.Scenes(new Random(1), 1)[0])];
        var clip = TestClips.Record("a", scenes);
        return (clip with { Scenes = [.. clip.Scenes.Select(changeRecord ?? (record => record))] }, scenes);
    }
}
