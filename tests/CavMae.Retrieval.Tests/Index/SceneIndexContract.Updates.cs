using System.Text.Json.Nodes;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Tests.Index;

public abstract partial class SceneIndexContract
{
    [Fact]
    public async Task Update_EachPart_ChangesItAlone()
    {
        await using var index = await OpenAsync(Cancellation);
        var scenes = TestClips.Scenes(new Random(1), 3, missing: 0.3);
        var clip = TestClips.Record("a", scenes, ["old"], metadata: new JsonObject { ["x"] = 1 });
        await index.UpsertAsync(clip, scenes, Cancellation);

        await AssertUpdateAsync(new ClipChanges(), clip);
        clip = clip with { Title = "Neu 🎬" };
        await AssertUpdateAsync(new ClipChanges { Title = clip.Title }, clip);
        clip = clip with { Tags = ["b", "a"] };
        await AssertUpdateAsync(new ClipChanges { Tags = clip.Tags }, clip);
        clip = clip with { Metadata = new JsonObject { ["deep"] = new JsonObject { ["list"] = new JsonArray(1, null, "ü") } } };
        await AssertUpdateAsync(new ClipChanges { Metadata = clip.Metadata }, clip);
        clip = clip with { Title = "", Tags = [], Metadata = [] };
        await AssertUpdateAsync(new ClipChanges { Title = "", Tags = [], Metadata = [] }, clip);

        var stored = (await index.GetEmbeddingsAsync("a", Cancellation))!;
        for (var i = 0; i < scenes.Length; i++)
        {
            AssertVector(scenes[i].Audio, stored[i].Audio);
            AssertVector(scenes[i].Visual, stored[i].Visual);
        }
        Assert.Equal(new IndexCounts(1, 3), await index.CountAsync(Cancellation));

        async Task AssertUpdateAsync(ClipChanges changes, ClipRecord expected)
        {
            TestClips.AssertSame(expected, await index.UpdateAsync("a", changes, Cancellation));
            TestClips.AssertSame(expected, await index.GetAsync("a", Cancellation));
            TestClips.AssertSame(expected, await index.FindByContentAsync(expected.Sha256, Cancellation));
        }
    }

    [Fact]
    public async Task Update_ManyClips_KeepPlacesAndAreFoundByTheirNewWords()
    {
        await using var index = await OpenAsync(Cancellation);
        var scenes = TestClips.Scenes(new Random(1), 4);
        string[] ids = ["c", "a", "b"];
        foreach (var id in ids)
            await TestClips.AddAsync(index, id, scenes, "old");
        var firstPage = await index.ListAsync(ClipFilter.None, null, 1, Cancellation);
        var changes = new ClipChanges { Title = "new title", Tags = ["new"], Metadata = new JsonObject { ["year"] = 2024 } };
        Assert.NotNull(await index.UpdateAsync("c", changes, Cancellation));
        Assert.NotNull(await index.UpdateAsync("a", changes, Cancellation));

        Assert.Equal(["a", "b"], (await index.ListAsync(ClipFilter.None, firstPage.NextCursor, 10, Cancellation)).Items.Select(clip => clip.Id));
        Assert.Equal(ids, await ListAllAsync(index, [], 10));
        Assert.Equal(["c", "a"], await ListAllAsync(index, ["new"], 1));
        Assert.Equal(["b"], await ListAllAsync(index, ["old"], 10));
        var query = Query(Pairings.All, scenes) with { Grouping = Grouping.Scene, Limit = 100 };
        Assert.Equal(12, (await index.SearchAsync(query, Cancellation)).Count);
        var year = new MetadataIsOneOf(["year"], [JsonValue.Create(2024)]);
        var found = await index.SearchAsync(query with { Filter = new ClipFilter { Tags = ["new"], Conditions = [year] } }, Cancellation);
        Assert.Equal(8, found.Count);
        Assert.All(found, hit => Assert.Equal(("new title", "new"), (hit.Clip.Title, Assert.Single(hit.Clip.Tags))));
        Assert.True(await index.DeleteAsync("c", Cancellation));
        Assert.Equal(new IndexCounts(2, 8), await index.CountAsync(Cancellation));
        Assert.Equal(8, (await index.SearchAsync(query, Cancellation)).Count);
    }

    [Fact]
    public async Task Update_UnknownClip_ReturnsNullAndMakesNone()
    {
        await using var index = await OpenAsync(Cancellation);
        Assert.Null(await index.UpdateAsync("a", new ClipChanges { Title = "x" }, Cancellation));
        Assert.Equal(new IndexCounts(0, 0), await index.CountAsync(Cancellation));
    }

    [Fact]
    public async Task Update_RecordsChangedByCaller_StoreKeepsItsOwn()
    {
        await using var index = await OpenAsync(Cancellation);
        await TestClips.AddAsync(index, "a", []);
        var metadata = new JsonObject { ["x"] = 1 };
        string[] tags = ["kept"];
        var updated = await index.UpdateAsync("a", new ClipChanges { Tags = tags, Metadata = metadata }, Cancellation);
        metadata["x"] = 2;
        updated!.Metadata["x"] = 3;
        tags[0] = "changed";

        var stored = (await index.GetAsync("a", Cancellation))!;
        Assert.Equal(1, (int)stored.Metadata["x"]!);
        Assert.Equal(["kept"], stored.Tags);
    }

    [Fact]
    public async Task Update_BadText_ThrowsAndChangesNothing()
    {
        await using var index = await OpenAsync(Cancellation);
        var clip = await TestClips.AddAsync(index, "a", TestClips.Scenes(new Random(1), 1), "old");
        ClipChanges[] bad =
        [
            new() { Title = "a\0b" },
            new() { Title = "fine", Tags = ["\ud83c"] },
            new() { Title = "fine", Metadata = new JsonObject { ["x"] = double.NaN } },
        ];
        foreach (var changes in bad)
            await Assert.ThrowsAnyAsync<ArgumentException>(() => index.UpdateAsync("a", changes, Cancellation));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => index.UpdateAsync("a", new ClipChanges { Title = "x" }, new CancellationToken(canceled: true)));
        TestClips.AssertSame(clip, await index.GetAsync("a", Cancellation));
    }

    [Fact]
    public async Task Update_WhileOthersSearch_EachSeesOneVersionWhole()
    {
        await using var index = await OpenAsync(Cancellation);
        var scenes = TestClips.Scenes(new Random(1), 3);
        await TestClips.AddAsync(index, "a", scenes, "0");
        await index.UpdateAsync("a", new ClipChanges { Title = "0" }, Cancellation);
        var query = Query(Pairings.All, scenes) with { Grouping = Grouping.Scene, Limit = 100 };
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var reader = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                var hits = await index.SearchAsync(query, Cancellation);
                Assert.Equal(3, hits.Count);
                Assert.Single(hits.Select(hit => (hit.Clip.Title, hit.Clip.Tags[0])).Distinct());
                Assert.Equal(hits[0].Clip.Title, hits[0].Clip.Tags[0]);
                var clip = (await index.GetAsync("a", Cancellation))!;
                Assert.Equal(clip.Title, clip.Tags[0]);
            }
        }, Cancellation);
        for (var revision = 1; revision <= ConcurrentRevisions && !reader.IsCompleted; revision++)
            await index.UpdateAsync("a", new ClipChanges { Title = $"{revision}", Tags = [$"{revision}"] }, Cancellation);
        await done.CancelAsync();
        await reader;
    }
}
