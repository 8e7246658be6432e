using CavMae.Retrieval.Index;
using CavMae.Retrieval.Ingest.Reindexing;
using CavMae.Retrieval.Tests.Index.Qdrant;

namespace CavMae.Retrieval.Tests.Ingest.Reindexing;

/// <summary>After the swap of a store in Qdrant: what came to the old collections is brought over, and they are removed.</summary>
public sealed class SharedStoreFinishTests(NewModel model) : IClassFixture<NewModel>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Finish_BothServicesTookAndRemovedClips_OnlyAdditionsComeOver()
    {
        await using SharedStore store = await SharedStore.CreateAsync(model, "a", "b", "c");
        await store.ReindexAsync();
        await using QdrantIndex renewed = await store.OpenNewAsync();
        ClipRecord kept = (await renewed.GetAsync("a", Cancellation))! with { Id = "both", Title = "the new store's own" };
        await renewed.UpsertAsync(kept, (await renewed.GetEmbeddingsAsync("a", Cancellation))!, Cancellation);
        await renewed.DeleteAsync("b", Cancellation);
        await store.TakeAsync("late");
        await store.TakeAsync("both");
        await store.Service.DeleteAsync("c", Cancellation);

        (int added, ReindexResult result) = await store.FinishAsync();

        Assert.Equal((1, true), (added, result.IsReady));
        Assert.Equal(["a", "c", "both", "late"], await SharedStore.IdsAsync(renewed));
        Assert.Equal(kept.Title, (await renewed.GetAsync("both", Cancellation))!.Title);
        Assert.Equal([store.NewScenes, store.NewScenes + "_clips"], store.Server.Collections);
        Assert.Equal(["cavmae", "cavmae_clips"], store.Server.Aliases.Keys.Order(StringComparer.Ordinal));
        await using QdrantStoreChange after = await store.OpenChangeAsync();
        Assert.Equal(StoreChangeStage.Done, after.Stage);
        // One point for each clip and one that says where the store comes from.
        Assert.Equal(5, store.Server.PointsOf("cavmae_clips").Count);
    }

    [Fact]
    public async Task Finish_OldServiceStillRuns_IsToldToRestartWithTheNewModel()
    {
        await using SharedStore store = await SharedStore.CreateAsync(model, "a");
        await store.ReindexAsync();
        await store.FinishAsync();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.Service.CountAsync(Cancellation));
        for (int i = 0; i < 2; i++)
        {
            StoreUnavailableException gone = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.Service.CountAsync(Cancellation));
            Assert.Contains($"of model '{model.Manifest.ModelId}'. Restart with that model", gone.Message, StringComparison.Ordinal);
        }
        Assert.DoesNotContain("cavmae.first", store.Server.Collections);
        ModelMismatchException refused = await Assert.ThrowsAsync<ModelMismatchException>(() => store.OpenAsync(Index.TestClips.ModelId, Index.TestClips.Dimension));
        Assert.Contains("was reindexed", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finish_LateClipWithoutMedia_KeepsTheOldStoreAndDoesNotBringBackWhatWasRemovedSince()
    {
        await using SharedStore store = await SharedStore.CreateAsync(model, "a");
        await store.ReindexAsync();
        await store.TakeAsync("late");
        await store.TakeAsync("elsewhere", withMedia: false);

        (int added, ReindexResult result) = await store.FinishAsync();

        Assert.Equal((1, false), (added, result.IsReady));
        Assert.Equal("elsewhere", Assert.Single(result.Failures).ClipId);
        Assert.Contains("cavmae.first_clips", store.Server.Collections);
        await using QdrantIndex renewed = await store.OpenNewAsync();
        await renewed.DeleteAsync("late", Cancellation);
        Assert.Equal(0, (await store.FinishAsync()).Added);
        (added, result) = await store.FinishAsync(leaveOut: true);
        Assert.Equal((0, true), (added, result.IsReady));
        Assert.Equal(["a"], await SharedStore.IdsAsync(renewed));
    }

    /// <summary>Each removal fails once, as for a process that is killed there.</summary>
    [Theory]
    [InlineData("cavmae.first_clips")]
    [InlineData("cavmae.first")]
    public async Task Finish_KilledWhileRemoving_GoesOnNextTime(string collection)
    {
        await using SharedStore store = await SharedStore.CreateAsync(model, "a");
        await store.ReindexAsync();
        store.Server.Faults = request => request.Operation == "DELETE " && request.Collection == collection ? new Fault(FaultKind.Status) : null;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.FinishAsync());
        store.Server.Faults = _ => null;

        Assert.True((await store.FinishAsync()).Result.IsReady);

        Assert.Equal([store.NewScenes, store.NewScenes + "_clips"], store.Server.Collections);
        await using QdrantIndex renewed = await store.OpenNewAsync();
        Assert.Equal(["a"], await SharedStore.IdsAsync(renewed));
    }

    [Fact]
    public async Task Open_ThirdModelBeforeTheChangeIsFinished_IsRefusedWithWhatToDo()
    {
        await using SharedStore store = await SharedStore.CreateAsync(model, "a");
        await store.ReindexAsync();

        StoreUnavailableException refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.OpenChangeAsync("third-model"));

        Assert.Contains("--finish", refused.Message, StringComparison.Ordinal);
        await store.FinishAsync();
        await using QdrantStoreChange change = await store.OpenChangeAsync("third-model");
        Assert.Equal(StoreChangeStage.Filling, change.Stage);
    }

    [Fact]
    public async Task Open_NamesOfThePreviousAreTaken_IsRefusedBeforeAnythingIsMade()
    {
        await using SharedStore store = await SharedStore.CreateAsync(model, "a");
        await using QdrantIndex other = await QdrantIndex.OpenAsync(new QdrantIndexOptions { Url = store.Server.Url, Collection = "cavmae_previous" }, "other", 8, cancellationToken: Cancellation);
        IReadOnlyList<string> before = store.Server.Collections;

        StoreUnavailableException refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.OpenChangeAsync());

        Assert.Contains("'cavmae_previous'", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, store.Server.Collections);
    }
}
