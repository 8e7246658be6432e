using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Tests.Index.Qdrant;

/// <summary>A change of a clip's title beside a replace or a removal of it: what was acknowledged is so, whichever comes first.</summary>
public sealed class QdrantRaceTests : IDisposable
{
    private const string NewContent = "new content";

    private static readonly SceneEmbedding[] OldScenes = TestClips.Scenes(new Random(1), 3);
    private static readonly SceneEmbedding[] NewScenes = TestClips.Scenes(new Random(2), 5);

    private readonly FakeQdrant server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        server.Dispose();
        Assert.True(server.Violations.IsEmpty, string.Join('\n', server.Violations));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Replace_ClipIsChangedMeanwhile_IsReplaced(int changes)
    {
        await using var index = await OpenWithClipAsync();
        await using var other = await OpenAsync();
        var made = ChangeBefore(other, IsCommitOfNewContent, changes);

        await ReplaceAsync(index);

        Assert.Equal(changes, made());
        await AssertHoldsNewContentAsync(index);
        Assert.Equal(NewScenes.Length, server.PointsOf("cavmae").Count);
        Assert.Single(server.PointsOf("cavmae_clips"));
    }

    [Fact]
    public async Task Replace_ClipIsChangedAllTheTime_SaysThatItDidNotTakePlace()
    {
        await using var index = await OpenWithClipAsync();
        await using var other = await OpenAsync();
        var made = ChangeBefore(other, IsCommitOfNewContent, int.MaxValue);

        var exception = await Assert.ThrowsAsync<StoreUnavailableException>(() => ReplaceAsync(index));

        Assert.False(exception.MayHaveTakenPlace);
        Assert.Equal(8, made());
        server.Faults = _ => null;
        Assert.Equal("content of a", (await index.GetAsync("a", Cancellation))!.Sha256);
        Assert.Equal(OldScenes.Length, server.PointsOf("cavmae").Count);
        Assert.Single(server.PointsOf("cavmae_clips"));
    }

    /// <summary>The journal names what is replaced in the end, not only what was read first.</summary>
    [Fact]
    public async Task Replace_DiesAfterAChangeCameBetween_SweepLeavesNoOrphan()
    {
        await using (var index = await OpenWithClipAsync())
        {
            await using var other = await OpenAsync();
            _ = ChangeBefore(other, IsCommitOfNewContent, 1, afterwards: request => request.Operation == "POST points/delete" ? new Fault(FaultKind.Status) : null);
            await ReplaceAsync(index);
        }
        server.Faults = _ => null;
        Assert.True(server.PointsOf("cavmae").Count > NewScenes.Length);

        await using var later = await OpenAsync(new MovableTime { Ahead = TimeSpan.FromHours(2) });

        await AssertHoldsNewContentAsync(later);
        Assert.Equal(NewScenes.Length, server.PointsOf("cavmae").Count);
        Assert.Single(server.PointsOf("cavmae_clips"));
    }

    /// <summary>Also where the upload is the one that is there already, which a change cannot be told from that was made before.</summary>
    [Theory]
    [InlineData(NewContent)]
    [InlineData("content of a")]
    public async Task Replace_ClipIsChangedRightAfterTheCommit_ChangeStays(string content)
    {
        await using var index = await OpenWithClipAsync();
        await using var other = await OpenAsync();
        var isCommitted = false;
        var made = ChangeBefore(other, request => request is { Operation: "POST points", Collection: "cavmae.first_clips" } && isCommitted, 1,
            beforehand: request => isCommitted |= IsCommit(request));

        await ReplaceAsync(index, content);

        Assert.Equal(1, made());
        var clip = await index.GetAsync("a", Cancellation);
        Assert.Equal(("changed 1", content, NewScenes.Length), (clip!.Title, clip.Sha256, clip.Scenes.Count));
        Assert.Equal(NewScenes.Length, server.PointsOf("cavmae").Count);
    }

    /// <summary>Whether it took place would depend on what came between, which nobody has seen.</summary>
    [Fact]
    public async Task Replace_NoAnswerToTheLookAfterTheCommit_MayHaveTakenPlace()
    {
        await using var index = await OpenWithClipAsync();
        var isCommitted = false;
        server.Faults = request =>
        {
            isCommitted |= IsCommit(request);
            return isCommitted && request.Operation == "POST points" ? new Fault(FaultKind.Status) : null;
        };
        Assert.True((await Assert.ThrowsAsync<StoreUnavailableException>(() => ReplaceAsync(index))).MayHaveTakenPlace);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Delete_ClipIsChangedMeanwhile_IsGone(int changes)
    {
        await using var index = await OpenWithClipAsync();
        await using var other = await OpenAsync();
        var made = ChangeBefore(other, IsRemoval, changes);

        Assert.True(await index.DeleteAsync("a", Cancellation));

        Assert.Equal(changes, made());
        Assert.Null(await index.GetAsync("a", Cancellation));
        Assert.Empty(server.PointsOf("cavmae"));
        Assert.Empty(server.PointsOf("cavmae_clips"));
    }

    [Fact]
    public async Task Delete_ClipIsReplacedMeanwhile_NewContentStays()
    {
        await using var index = await OpenWithClipAsync();
        await using var other = await OpenAsync();
        var replaces = 0;
        server.Faults = request => IsRemoval(request) && replaces++ == 0 ? new Fault(FaultKind.Held, Until: ReplaceAsync(other)) : null;

        Assert.True(await index.DeleteAsync("a", Cancellation));

        await AssertHoldsNewContentAsync(index);
    }

    [Fact]
    public async Task Delete_ClipIsChangedAllTheTime_SaysThatItDidNotTakePlace()
    {
        await using var index = await OpenWithClipAsync();
        await using var other = await OpenAsync();
        var made = ChangeBefore(other, IsRemoval, int.MaxValue);

        var exception = await Assert.ThrowsAsync<StoreUnavailableException>(() => index.DeleteAsync("a", Cancellation));

        Assert.False(exception.MayHaveTakenPlace);
        Assert.Equal(8, made());
        server.Faults = _ => null;
        Assert.Equal("changed 8", (await index.GetAsync("a", Cancellation))!.Title);
        Assert.Equal(OldScenes.Length, (await index.GetEmbeddingsAsync("a", Cancellation))!.Count);
        Assert.Single(server.PointsOf("cavmae_clips"));
    }

    /// <summary>Holds requests of one kind until another process has changed the clip's title.</summary>
    /// <param name="other">The other process.</param>
    /// <param name="isHeld">The kind; requests of the change itself are not held.</param>
    /// <param name="changes">How many requests that happens to, the first ones.</param>
    /// <param name="afterwards">Faults of the requests after the last change.</param>
    /// <param name="beforehand">Sees every request first.</param>
    /// <returns>Tells how many changes were made.</returns>
    private Func<int> ChangeBefore(QdrantIndex other, Func<FakeRequest, bool> isHeld, int changes, Func<FakeRequest, Fault?>? afterwards = null, Action<FakeRequest>? beforehand = null)
    {
        var (made, isChanging) = (0, false);
        server.Faults = request =>
        {
            beforehand?.Invoke(request);
            if (isChanging)
                return null;
            if (made == changes)
                return afterwards?.Invoke(request);
            return isHeld(request) ? new Fault(FaultKind.Held, Until: ChangeAsync()) : null;
        };
        return () => made;

        async Task ChangeAsync()
        {
            isChanging = true;
            Assert.NotNull(await other.UpdateAsync("a", new ClipChanges { Title = $"changed {made + 1}" }, Cancellation));
            made++;
            isChanging = false;
        }
    }

    private static bool IsCommit(FakeRequest request) =>
        request is { Operation: "PUT points", Collection: "cavmae.first_clips" } && (string?)request.Body!["points"]![0]!["payload"]!["sha256"] is not null;

    private static bool IsCommitOfNewContent(FakeRequest request) => IsCommit(request) && (string?)request.Body!["points"]![0]!["payload"]!["sha256"] == NewContent;

    /// <summary>Of a commit point; entries of the journal are removed by id.</summary>
    private static bool IsRemoval(FakeRequest request) => request is { Operation: "POST points/delete", Collection: "cavmae.first_clips" } && request.Body!["filter"] is not null;

    private static Task ReplaceAsync(QdrantIndex index, string content = NewContent) => index.UpsertAsync(TestClips.Record("a", NewScenes, sha256: content), NewScenes, Cancellation);

    private static async Task AssertHoldsNewContentAsync(QdrantIndex index)
    {
        TestClips.AssertSame(TestClips.Record("a", NewScenes, sha256: NewContent), await index.GetAsync("a", Cancellation));
        Assert.Equal(NewScenes.Length, (await index.GetEmbeddingsAsync("a", Cancellation))!.Count);
        Assert.Equal(new IndexCounts(1, NewScenes.Length), await index.CountAsync(Cancellation));
    }

    private async Task<QdrantIndex> OpenWithClipAsync()
    {
        var index = await OpenAsync();
        await TestClips.AddAsync(index, "a", OldScenes);
        return index;
    }

    private Task<QdrantIndex> OpenAsync(TimeProvider? time = null) =>
        QdrantIndex.OpenAsync(new QdrantIndexOptions { Url = server.Url, Retries = 0, BatchSize = 2 }, TestClips.ModelId, TestClips.Dimension, timeProvider: time, cancellationToken: Cancellation);
}
