using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Tests.Index;

public abstract partial class SceneIndexContract
{
    [Fact]
    public async Task Search_RandomQueries_EqualsSlowOracle()
    {
        await using var index = await OpenAsync(Cancellation);
        var random = new Random(20260101);
        var store = await FillAsync(index, random, clips: 60);
        foreach (var pairings in Enumerable.Range(1, (int)Pairings.All))
            foreach (var grouping in Enum.GetValues<Grouping>())
                foreach (var queryScenes in new[] { 1, 3, 4, 9 })
                {
                    var query = new IndexQuery
                    {
                        Scenes = TestClips.Scenes(random, queryScenes, missing: 0.2),
                        Pairings = (Pairings)pairings,
                        Grouping = grouping,
                        Limit = random.Next(4) switch { 0 => 1, 1 => 100, _ => random.Next(1, 101) },
                        MinScore = random.Next(2) == 0 ? null : (random.NextSingle() * 0.8f) - 0.3f,
                        Filter = new ClipFilter { Tags = random.Next(3) switch { 0 => ["even"], 1 => ["even", "third"], _ => [] } },
                        ExcludedClipId = random.Next(2) == 0 ? null : store[random.Next(store.Count)].Clip.Id,
                    };
                    AssertHits(SearchOracle.Search(store, query), await index.SearchAsync(query, Cancellation), query);
                }
    }

    [Fact]
    public async Task Search_KnownAngles_GivesExactScoresAndParts()
    {
        await using var index = await OpenAsync(Cancellation);
        var clip = await TestClips.AddAsync(index, "both", [TestClips.Scene(0, TestClips.AtCosine(0.2), TestClips.AtCosine(0.6))]);
        await TestClips.AddAsync(index, "sound", [TestClips.Scene(0, TestClips.AtCosine(0.3), null)]);
        await TestClips.AddAsync(index, "pictures", [TestClips.Scene(0, null, TestClips.AtCosine(-0.5))]);
        var axis = TestClips.Scene(0, TestClips.AtCosine(1), TestClips.AtCosine(1));

        var all = await index.SearchAsync(Query(Pairings.All, axis), Cancellation);
        Assert.Equal(["both", "sound", "pictures"], all.Select(hit => hit.Clip.Id));
        AssertScore(0.4f, all[0].Score);
        AssertParts(new ScoreParts(0.6f, 0.2f, 0.2f, 0.6f), all[0].Parts);
        AssertScore(0.3f, all[1].Score);
        AssertParts(new ScoreParts(null, 0.3f, 0.3f, null), all[1].Parts);
        AssertScore(-0.5f, all[2].Score);
        AssertParts(new ScoreParts(-0.5f, null, null, -0.5f), all[2].Parts);
        TestClips.AssertSame(clip, all[0].Clip);
        Assert.Equal(clip.Scenes[0], all[0].Scene);

        var soundOnly = await index.SearchAsync(Query(Pairings.All, axis with { Visual = null }), Cancellation);
        AssertParts(new ScoreParts(0.6f, null, 0.2f, null), soundOnly[0].Parts);
        var toPictures = await index.SearchAsync(Query(Pairings.AudioToVisual, axis), Cancellation);
        Assert.Equal(["both", "pictures"], toPictures.Select(hit => hit.Clip.Id));
        AssertParts(new ScoreParts(0.6f, null, null, null), toPictures[0].Parts);
        Assert.Empty(await index.SearchAsync(Query(Pairings.AudioToVisual, axis with { Audio = null }), Cancellation));
        Assert.Empty(await index.SearchAsync(Query(Pairings.All, axis with { Audio = null, Visual = null }), Cancellation));
    }

    [Fact]
    public async Task Search_EqualScores_OrderedByClipIdSceneAndQueryScene()
    {
        await using var index = await OpenAsync(Cancellation);
        var same = TestClips.UnitVector(new Random(1));
        // Ordinal order: capitals before small letters, and "clip-10" before "clip-9".
        foreach (var id in new[] { "clip-9", "clip-10", "B", "a" })
            await TestClips.AddAsync(index, id, [TestClips.Scene(0, same, null), TestClips.Scene(1, null, same), TestClips.Scene(2, same, same)]);
        var query = Query(Pairings.VisualToVisual, TestClips.Scene(0, null, TestClips.AtCosine(1)), TestClips.Scene(1, null, same), TestClips.Scene(2, null, same));

        var scenes = await index.SearchAsync(query with { Grouping = Grouping.Scene }, Cancellation);
        Assert.Equal([("B", 1), ("B", 2), ("a", 1), ("a", 2), ("clip-10", 1), ("clip-10", 2), ("clip-9", 1), ("clip-9", 2)],
            scenes.Select(hit => (hit.Clip.Id, hit.Scene.Index)));
        Assert.All(scenes, hit => Assert.Equal(1, hit.QueryScene));
        Assert.Single(scenes.Select(hit => hit.Score).Distinct());
        var clips = await index.SearchAsync(query with { Limit = 3 }, Cancellation);
        Assert.Equal([("B", 1), ("a", 1), ("clip-10", 1)], clips.Select(hit => (hit.Clip.Id, hit.Scene.Index)));
    }

    [Fact]
    public async Task Search_MinScore_IsInclusive()
    {
        await using var index = await OpenAsync(Cancellation);
        await TestClips.AddAsync(index, "a", [TestClips.Scene(0, TestClips.AtCosine(0.5), null)]);
        var query = Query(Pairings.AudioToAudio, TestClips.Scene(0, TestClips.AtCosine(1), null));
        var score = Assert.Single(await index.SearchAsync(query, Cancellation)).Score;

        Assert.Single(await index.SearchAsync(query with { MinScore = score }, Cancellation));
        Assert.Empty(await index.SearchAsync(query with { MinScore = MathF.BitIncrement(score) }, Cancellation));
    }

    [Fact]
    public async Task Search_ManyTags_FindsOnlyClipsThatHaveThemAll()
    {
        await using var index = await OpenAsync(Cancellation);
        // More tags than a store that shortens them to a few bits can tell apart.
        const int tags = 70;
        var scenes = TestClips.Scenes(new Random(1), 1);
        for (var i = 0; i < tags; i++)
            await TestClips.AddAsync(index, $"clip-{i}", scenes, $"tag-{i}", $"half-{i % 2}");
        for (var i = 0; i < tags; i++)
        {
            var query = Query(Pairings.All, scenes);
            Assert.Equal($"clip-{i}", Assert.Single(await index.SearchAsync(query with { Filter = new ClipFilter { Tags = [$"tag-{i}"] } }, Cancellation)).Clip.Id);
            Assert.Single(await index.SearchAsync(query with { Filter = new ClipFilter { Tags = [$"half-{i % 2}", $"tag-{i}"] } }, Cancellation));
            Assert.Empty(await index.SearchAsync(query with { Filter = new ClipFilter { Tags = [$"half-{(i + 1) % 2}", $"tag-{i}"] } }, Cancellation));
        }
    }

    [Fact]
    public async Task Search_SameQueryAgain_GivesSameBits()
    {
        await using var index = await OpenAsync(Cancellation);
        var random = new Random(3);
        await FillAsync(index, random, clips: 100);
        var query = Query(Pairings.All, TestClips.Scenes(random, 5)) with { Limit = 100, Grouping = Grouping.Scene };
        var first = Summary(await index.SearchAsync(query, Cancellation));
        for (var i = 0; i < 20; i++)
            Assert.Equal(first, Summary(await index.SearchAsync(query, Cancellation)));

        static (float, ScoreParts, string, int, int)[] Summary(IReadOnlyList<IndexHit> hits) =>
            [.. hits.Select(hit => (hit.Score, hit.Parts, hit.Clip.Id, hit.Scene.Index, hit.QueryScene))];
    }

    /// <summary>Clips of 0 to 6 scenes, some replaced and some deleted again, so that the store has gaps.</summary>
    private static async Task<List<(ClipRecord Clip, IReadOnlyList<SceneEmbedding> Scenes)>> FillAsync(ISceneIndex index, Random random, int clips)
    {
        var store = new Dictionary<string, (ClipRecord, IReadOnlyList<SceneEmbedding>)>();
        for (var i = 0; i < clips * 3 / 2; i++)
        {
            var id = $"clip-{i % clips}";
            var scenes = TestClips.Scenes(random, random.Next(7), missing: 0.25);
            string[] tags = [.. new[] { i % 2 == 0 ? "even" : "odd", i % 3 == 0 ? "third" : "other" }];
            store[id] = (await TestClips.AddAsync(index, id, scenes, tags), scenes);
            if (i % 5 != 4)
                continue;
            Assert.True(await index.DeleteAsync(id, Cancellation));
            store.Remove(id);
        }
        return [.. store.Values];
    }

    private static void AssertHits(IReadOnlyList<SearchOracle.Hit> expected, IReadOnlyList<IndexHit> actual, IndexQuery query)
    {
        Assert.True(expected.Count == actual.Count, $"{expected.Count} hits expected, {actual.Count} found for {query}");
        for (var i = 0; i < expected.Count; i++)
        {
            var (want, hit) = (expected[i], actual[i]);
            Assert.True((want.ClipId, want.Scene, want.QueryScene) == (hit.Clip.Id, hit.Scene.Index, hit.QueryScene), $"hit {i} of {query}: {want} against {hit}");
            AssertScore((float)want.Score, hit.Score);
            AssertParts(new ScoreParts((float?)want.Parts[0], (float?)want.Parts[1], (float?)want.Parts[2], (float?)want.Parts[3]), hit.Parts);
        }
    }

    private static void AssertScore(float expected, float? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected, actual.Value, CosineTolerance);
    }

    private static void AssertParts(ScoreParts expected, ScoreParts actual)
    {
        foreach (var (want, part) in new[]
        {
            (expected.AudioToVisual, actual.AudioToVisual), (expected.VisualToAudio, actual.VisualToAudio),
            (expected.AudioToAudio, actual.AudioToAudio), (expected.VisualToVisual, actual.VisualToVisual),
        })
            if (want is { } cosine)
                AssertScore(cosine, part);
            else
                Assert.Null(part);
    }
}
