using System.Net;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Tests.Index.Qdrant;

/// <summary>Refusals that trying again cannot mend: which are the operator's to mend, and which the clip's fault.</summary>
public sealed class QdrantRefusalTests : IDisposable
{
    private readonly FakeQdrant server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        server.Dispose();
        Assert.True(server.Violations.IsEmpty, string.Join('\n', server.Violations));
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest, "cavmae.first")]
    [InlineData(HttpStatusCode.UnprocessableEntity, "cavmae.first")]
    [InlineData(HttpStatusCode.RequestEntityTooLarge, "cavmae.first")]
    [InlineData(HttpStatusCode.BadRequest, "cavmae.first_clips")]
    public async Task Upsert_ClipIsRefused_IsNoReasonToWaitForTheStore(HttpStatusCode status, string collection)
    {
        await using var index = await OpenAsync();
        var scenes = TestClips.Scenes(new Random(1), 3);
        var refused = 0;
        server.Faults = request => request.Operation == "PUT points" && request.Collection == collection && Interlocked.Increment(ref refused) > 0 ? new Fault(FaultKind.Status, status) : null;

        var exception = await Assert.ThrowsAsync<StoreRefusedException>(() => index.UpsertAsync(TestClips.Record("a", scenes), scenes, Cancellation));

        Assert.Contains($"{(int)status}: told to fail", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, refused);
        Assert.Null(await index.GetAsync("a", Cancellation));
        Assert.Equal(new IndexCounts(0, 0), await index.CountAsync(Cancellation));
        server.Faults = _ => null;
        await TestClips.AddAsync(index, "a", scenes);
        Assert.Equal(new IndexCounts(1, 3), await index.CountAsync(Cancellation));
    }

    /// <summary>What stands is the commit; that the rest of the work is refused, a sweep finds out again.</summary>
    [Fact]
    public async Task Upsert_CleaningUpIsRefused_ClipIsStored()
    {
        await using var index = await OpenAsync();
        await TestClips.AddAsync(index, "a", TestClips.Scenes(new Random(1), 3));
        server.Faults = request => request.Operation == "POST points/delete" ? new Fault(FaultKind.Status, HttpStatusCode.BadRequest) : null;

        var clip = await TestClips.AddAsync(index, "a", TestClips.Scenes(new Random(2), 2));

        TestClips.AssertSame(clip, await index.GetAsync("a", Cancellation));
        Assert.Equal(new IndexCounts(1, 2), await index.CountAsync(Cancellation));
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.Forbidden)]
    public async Task AnyCall_KeyIsRefusedLater_IsUnavailableAndNamesTheOption(HttpStatusCode status)
    {
        await using var index = await OpenAsync();
        server.Faults = _ => new Fault(FaultKind.Status, status);
        var scenes = TestClips.Scenes(new Random(1), 1);
        var exception = await Assert.ThrowsAsync<StoreUnavailableException>(() => index.UpsertAsync(TestClips.Record("a", scenes), scenes, Cancellation));
        Assert.Contains("Index:Qdrant:ApiKey", exception.Message, StringComparison.Ordinal);
        Assert.Contains($"{(int)status}: told to fail", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>Another server at the address, collections that were removed: nothing a clip could be blamed for.</summary>
    [Fact]
    public async Task AnyCall_CollectionsAreGone_IsUnavailableOnceAndThenMakesThem()
    {
        await using var index = await OpenAsync();
        server.Clear();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => index.CountAsync(Cancellation));
        Assert.Equal(new IndexCounts(0, 0), await index.CountAsync(Cancellation));
    }

    [Fact]
    public async Task Open_CollectionsCannotBeMade_StartsAndSaysWhy()
    {
        server.Faults = request => request.Method == "PUT" ? new Fault(FaultKind.Status, HttpStatusCode.BadRequest) : null;
        await using var index = await OpenAsync();
        var exception = await Assert.ThrowsAsync<StoreUnavailableException>(() => index.CountAsync(Cancellation));
        Assert.Contains("400: told to fail", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'cavmae_clips'", exception.Message, StringComparison.Ordinal);
        server.Faults = _ => null;
        Assert.Equal(new IndexCounts(0, 0), await index.CountAsync(Cancellation));
    }

    private Task<QdrantIndex> OpenAsync() =>
        QdrantIndex.OpenAsync(new QdrantIndexOptions { Url = server.Url, Retries = 2 }, TestClips.ModelId, TestClips.Dimension, cancellationToken: Cancellation);
}
