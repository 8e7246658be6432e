using CavMae.Retrieval.Index;
using CavMae.Retrieval.Ingest.Reindexing;
using CavMae.Retrieval.Tests.Index;
using CavMae.Retrieval.Tests.Index.Qdrant;

namespace CavMae.Retrieval.Tests.Ingest.Reindexing;

/// <summary>A store in Qdrant is filled for another model beside a service, and swapped in.</summary>
public sealed class SharedStoreReindexerTests(NewModel model) : IClassFixture<NewModel>
{
    private static readonly Dictionary<string, string> OldAliases = new() { ["cavmae"] = "cavmae.first", ["cavmae_clips"] = "cavmae.first_clips" };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_BesideAService_OldAnswersThroughoutAndTheSwapIsOneRequest()
    {
        await using SharedStore store = await SharedStore.CreateAsync(model, "a", "b", "c");
        IReadOnlyList<IndexHit> before = await SearchAsync(store.Service);
        int changesBefore = store.AliasChanges.Count();
        List<Task<IReadOnlyList<IndexHit>>> during = [];
        ModelMismatchException early = await Assert.ThrowsAsync<ModelMismatchException>(store.OpenNewAsync);

        ReindexResult result = await store.ReindexAsync(report: _ => during.Add(SearchAsync(store.Service)));

        Assert.True(result.IsReady, string.Join(' ', result.Failures));
        Assert.Contains("cavmae reindex", early.Message, StringComparison.Ordinal);
        FakeRequest swap = Assert.Single(store.AliasChanges.Skip(changesBefore));
        Assert.Equal(6, swap.Body!["actions"]!.AsArray().Count);
        Assert.Equal(new Dictionary<string, string>
        {
            ["cavmae"] = store.NewScenes,
            ["cavmae_clips"] = store.NewScenes + "_clips",
            ["cavmae_previous"] = "cavmae.first",
            ["cavmae_previous_clips"] = "cavmae.first_clips",
        }, store.Server.Aliases);
        Assert.Equal(3, during.Count);
        foreach (IReadOnlyList<IndexHit> answer in (IReadOnlyList<IndexHit>[])[.. await Task.WhenAll(during), await SearchAsync(store.Service)])
            Assert.Equal(before.Select(hit => (hit.Clip.Id, hit.Score)), answer.Select(hit => (hit.Clip.Id, hit.Score)));
        await using QdrantIndex renewed = await store.OpenNewAsync();
        List<ClipRecord> clips = await renewed.ListAllAsync(ClipFilter.None, Cancellation).ToListAsync(Cancellation);
        foreach ((ClipRecord clip, ClipRecord old) in clips.Zip(await store.Service.ListAllAsync(ClipFilter.None, Cancellation).ToListAsync(Cancellation)))
            TestClips.AssertSame(old with { ModelId = model.Manifest.ModelId, Scenes = clip.Scenes }, clip);
        Assert.Equal(new IndexCounts(3, 3), await renewed.CountAsync(Cancellation));
    }

    [Fact]
    public async Task Run_SwappedAndConnectionLost_OldServiceKeepsToItsCollectionsAndItsRestartIsRefused()
    {
        await using SharedStore store = await SharedStore.CreateAsync(model, "a");
        await store.ReindexAsync();
        store.Server.Faults = _ => new Fault(FaultKind.Status);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.Service.CountAsync(Cancellation));
        store.Server.Faults = _ => null;

        await store.TakeAsync("b");

        Assert.Equal(["a", "b"], await SharedStore.IdsAsync(store.Service));
        await using (QdrantIndex renewed = await store.OpenNewAsync())
            Assert.Equal(["a"], await SharedStore.IdsAsync(renewed));
        ModelMismatchException refused = await Assert.ThrowsAsync<ModelMismatchException>(() => store.OpenAsync(TestClips.ModelId, TestClips.Dimension));
        Assert.Contains($"was reindexed for model '{model.Manifest.ModelId}'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_CancelledInTheMiddle_LeavesTheOldStoreAndGoesOnWithoutEncodingTwice()
    {
        await using SharedStore store = await SharedStore.CreateAsync(model, "a", "b", "c", "d", "e");
        using CancellationTokenSource kill = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        int done = 0;
        void CancelAt(int clips)
        {
            if (++done == clips)
                kill.Cancel();
        }
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.ReindexAsync(report: _ => CancelAt(2), cancellation: kill.Token));
        int encodedBefore = store.Encoded;
        Assert.Equal(OldAliases, store.Server.Aliases);
        Assert.InRange(encodedBefore, 1, 4);

        Assert.True((await store.ReindexAsync()).IsReady);

        Assert.Equal(5, store.Encoded);
        await using QdrantIndex renewed = await store.OpenNewAsync();
        Assert.Equal(["a", "b", "c", "d", "e"], await SharedStore.IdsAsync(renewed));
    }

    [Fact]
    public async Task Run_ClipsChangeMeanwhile_AreCaughtUpBeforeTheSwap()
    {
        await using SharedStore store = await SharedStore.CreateAsync(model, "a", "b", "c");
        Task<bool>? change = null;
        async Task<bool> ChangeAsync()
        {
            await store.TakeAsync("d");
            await store.Service.DeleteAsync("a", Cancellation);
            return await store.Service.UpdateAsync("b", new ClipChanges { Title = "new title" }, Cancellation) is not null;
        }
        // They happen while the first pass is at work: it waits for them before its last clip.
        store.Server.Faults = request => request.Collection == store.NewScenes + "_clips" && change is { IsCompleted: false } ? new Fault(FaultKind.Held, Until: change) : null;

        await store.ReindexAsync(report: _ => change ??= Task.Run(ChangeAsync, Cancellation));

        Assert.True(await change!);

        await using QdrantIndex renewed = await store.OpenNewAsync();
        Assert.Equal(["b", "c", "d"], await SharedStore.IdsAsync(renewed));
        Assert.Equal("new title", (await renewed.GetAsync("b", Cancellation))!.Title);
    }

    [Fact]
    public async Task Run_ClipWithoutMedia_SwapsNothingUnlessItMayBeLeftOut()
    {
        await using SharedStore store = await SharedStore.CreateAsync(model, "a");
        await store.TakeAsync("elsewhere", withMedia: false);

        ReindexResult refused = await store.ReindexAsync();

        Assert.False(refused.IsReady);
        ReindexFailure failure = Assert.Single(refused.Failures);
        Assert.Equal("elsewhere", failure.ClipId);
        Assert.Contains("on the machine that took it", failure.Reason, StringComparison.Ordinal);
        Assert.Equal(OldAliases, store.Server.Aliases);
        Assert.Equal(["a", "elsewhere"], await SharedStore.IdsAsync(store.Service));
        await Assert.ThrowsAsync<ModelMismatchException>(store.OpenNewAsync);
        Assert.True((await store.ReindexAsync(leaveOut: true)).IsReady);
        Assert.Equal(1, store.Encoded);
        await using QdrantIndex renewed = await store.OpenNewAsync();
        Assert.Equal(["a"], await SharedStore.IdsAsync(renewed));
    }

    [Fact]
    public async Task Run_SwapFails_LeavesEverythingAsItWas()
    {
        await using SharedStore store = await SharedStore.CreateAsync(model, "a");
        store.Server.Faults = request => request is { Method: "POST", Path: "/collections/aliases" } ? new Fault(FaultKind.Status) : null;

        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.ReindexAsync());

        store.Server.Faults = _ => null;
        Assert.Equal(OldAliases, store.Server.Aliases);
        await using (QdrantIndex again = await store.OpenAsync(TestClips.ModelId, TestClips.Dimension))
            Assert.Equal(["a"], await SharedStore.IdsAsync(again));
        Assert.True((await store.ReindexAsync()).IsReady);
        Assert.Equal(1, store.Encoded);
    }

    /// <summary>What came to the new store after another run's swap is not to be removed as if it were a leftover.</summary>
    [Fact]
    public async Task Run_AnotherRunHasSwapped_StopsAndRemovesNothing()
    {
        await using SharedStore store = await SharedStore.CreateAsync(model, "a");
        await using QdrantStoreChange late = await store.OpenChangeAsync();
        IReadOnlyList<ClipRecord> clips = await late.ReadOldAsync(Cancellation);
        await store.ReindexAsync();
        await using QdrantIndex renewed = await store.OpenNewAsync();
        ClipRecord a = (await renewed.GetAsync("a", Cancellation))!;
        await renewed.UpsertAsync(a with { Id = "new" }, (await renewed.GetEmbeddingsAsync("a", Cancellation))!, Cancellation);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.Reindexer(late).RunAsync(clips, 1, leaveOut: false, null, Cancellation));

        Assert.Equal(["a", "new"], await SharedStore.IdsAsync(renewed));
    }

    private static Task<IReadOnlyList<IndexHit>> SearchAsync(QdrantIndex index) =>
        index.SearchAsync(new IndexQuery { Scenes = TestClips.Scenes(new Random(9), 1), Pairings = Pairings.All }, Cancellation);
}
