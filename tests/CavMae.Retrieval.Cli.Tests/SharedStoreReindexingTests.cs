using CavMae.Retrieval.Cli.Tests.Support;
using CavMae.Retrieval.Tests.Index.Qdrant;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Cli.Tests;

/// <summary><c>cavmae reindex</c> on a store in Qdrant, from the first clip to the end of the old store.</summary>
public sealed class SharedStoreReindexingTests : CliTest
{
    private readonly FakeQdrant server = new();

    [Fact]
    public async Task Reindex_StoreInQdrant_IsSwappedBesideAServiceAndFinished()
    {
        string other = DemoBundle.Export("other");
        (int Code, string Output, string Error) indexed = await RunOnQdrantAsync(DemoBundle.Folder, "index", Fixtures.Clip(Zoom));

        (int Code, string Output, string Error) swapped;
        using (Index.DataFolder.Open(DataFolder))
            swapped = await RunOnQdrantAsync(other, "reindex");
        (int Code, string Output, string Error) oldStart = await RunOnQdrantAsync(DemoBundle.Folder, "list"), newStart = await RunOnQdrantAsync(other, "list"), again = await RunOnQdrantAsync(other, "reindex");
        (int Code, string Output, string Error) finished = await RunOnQdrantAsync(other, "reindex", "--finish"), nothingLeft = await RunOnQdrantAsync(other, "reindex", "--finish");

        Assert.True(indexed.Code == 0, indexed.Error);
        Assert.True(swapped.Code == 0, swapped.Error);
        Assert.Contains("Swapped: ", swapped.Output, StringComparison.Ordinal);
        Assert.Contains("cavmae reindex --finish", swapped.Output, StringComparison.Ordinal);
        Assert.Equal(1, oldStart.Code);
        Assert.Contains("was reindexed for model 'other-fp32-", oldStart.Error, StringComparison.Ordinal);
        Assert.True(newStart.Code == 0, newStart.Error);
        Assert.Contains(Zoom, newStart.Output, StringComparison.Ordinal);
        Assert.Equal(2, again.Code);
        Assert.Contains("--finish", again.Error, StringComparison.Ordinal);
        Assert.True(finished.Code == 0, finished.Error);
        Assert.Contains("Finished: 0 clips", finished.Output, StringComparison.Ordinal);
        Assert.Equal(2, server.Collections.Count);
        Assert.Equal(2, nothingLeft.Code);
    }

    [Fact]
    public async Task ReindexFinish_EmbeddedStore_IsBadUse() => Assert.Equal(2, (await RunAsync("reindex", "--finish")).ExitCode);

    protected override void Dispose(bool disposing)
    {
        server.Dispose();
        base.Dispose(disposing);
        Assert.True(server.Violations.IsEmpty, string.Join('\n', server.Violations));
    }

    private Task<(int Code, string Output, string Error)> RunOnQdrantAsync(string model, params string[] arguments) =>
        RunProcessAsync([.. arguments, "--data", DataFolder, "--model", model], ("Index__Kind", "Qdrant"), ("Index__Qdrant__Url", server.Url));
}
