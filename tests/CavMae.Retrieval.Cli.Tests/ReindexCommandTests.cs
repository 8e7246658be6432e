using CavMae.Retrieval.Cli.Tests.Support;
using CavMae.Retrieval.Index;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Cli.Tests;

public sealed class ReindexCommandTests : CliTest
{
    private static readonly Lazy<string> OtherModel = new(() => DemoBundle.Export("other"));

    private string ReindexFolder => Path.Combine(DataFolder, "reindex");

    [Fact]
    public async Task Reindex_BesideAService_IsSwappedInAtTheNextStartWithWhatChangedSince()
    {
        for (int i = 0; i < 3; i++)
            await RunAsync("index", CopyDistinct(Zoom, $"{i}.mp4", i));

        Outcome reindexed;
        using (Index.DataFolder.Open(DataFolder))
            reindexed = await RunOtherAsync("reindex");
        string first = (await WithIndexAsync(index => index.ListAsync(ClipFilter.None, null, 1, Cancellation))).Items[0].Id;
        await RunAsync("remove", first);
        await RunAsync("index", Fixtures.Clip(Bars));
        List<ClipRecord> before = await WithIndexAsync(async index => await index.ListAllAsync(ClipFilter.None, Cancellation).ToListAsync(Cancellation));
        Outcome listed = await RunOtherAsync("list", "--json");

        Assert.True(reindexed.ExitCode == 0, reindexed.Error);
        Assert.Contains("Ready: ", reindexed.Output, StringComparison.Ordinal);
        Assert.True(listed.ExitCode == 0, listed.Error);
        string[] lines = listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        foreach ((ClipRecord clip, string line) in before.Zip(lines))
        {
            Assert.Contains($"\"id\":\"{clip.Id}\",\"title\":\"{clip.Title}\"", line, StringComparison.Ordinal);
            Assert.Contains("\"modelId\":\"other-fp32-", line, StringComparison.Ordinal);
        }
        Assert.False(Directory.Exists(ReindexFolder));
        Assert.Equal((3, 0), CountFiles());
        Outcome searched = await RunOtherAsync("search", Fixtures.Clip(Bars), "--direction", "similar", "--json");
        Assert.Equal(3, searched.Json.GetProperty("hits").GetArrayLength());
        Assert.Equal(Bars, searched.Json.GetProperty("hits")[0].GetProperty("clip").GetProperty("title").GetString());
        Assert.Equal(1, (await RunAsync("list")).ExitCode);
    }

    [Fact]
    public async Task Reindex_ClipWithoutMedia_IsReadyOnlyIfItMayBeLeftOut()
    {
        await RunAsync("index", Fixtures.Clip(Zoom), Fixtures.Clip(Bars));
        ClipRecord gone = (await WithIndexAsync(index => index.ListAsync(ClipFilter.None, null, 10, Cancellation))).Items.Single(clip => clip.Title == Zoom);
        File.Delete(Path.Combine(DataFolder, "media", gone.Sha256[..2], gone.Sha256));

        Outcome refused = await RunOtherAsync("reindex");
        Outcome tooEarly = await RunOtherAsync("list");
        Outcome accepted = await RunOtherAsync("reindex", "--leave-out");
        Outcome listed = await RunOtherAsync("list");

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"clip {gone.Id}: its media is not in the data folder", refused.Error, StringComparison.Ordinal);
        Assert.Equal(1, tooEarly.ExitCode);
        Assert.Contains("cavmae reindex", tooEarly.Error, StringComparison.Ordinal);
        Assert.Equal(0, accepted.ExitCode);
        Assert.Contains(Bars, listed.Output, StringComparison.Ordinal);
        Assert.Contains("1 clip, ", listed.Output, StringComparison.Ordinal);
        Assert.Equal((1, 0), CountFiles());
    }

    [Fact]
    public async Task Start_KilledAfterTheRename_RemovesWhatIsLeft()
    {
        await RunAsync("index", Fixtures.Clip(Zoom));
        await RunOtherAsync("reindex");
        // What a kill between the rename and the removal leaves.
        File.Move(Path.Combine(ReindexFolder, "index.db"), Path.Combine(DataFolder, "index.db"), overwrite: true);

        Outcome listed = await RunOtherAsync("list");

        Assert.Contains("1 clip, ", listed.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(ReindexFolder));
    }

    [Fact]
    public async Task Reindex_SameModelOrNoStore_IsRefused()
    {
        Assert.Equal(1, (await RunAsync("reindex")).ExitCode);
        await RunAsync("index", Fixtures.Clip(Zoom));
        Assert.Equal(2, (await RunAsync("reindex")).ExitCode);
    }

    private Task<Outcome> RunOtherAsync(params string[] arguments) => RunBareAsync([.. arguments, "--data", DataFolder, "--model", OtherModel.Value], Cancellation);
}
