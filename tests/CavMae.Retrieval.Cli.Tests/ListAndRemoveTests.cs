using System.Text.Json;
using CavMae.Retrieval.Cli.Tests.Support;
using CavMae.Retrieval.Index;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Cli.Tests;

public sealed class ListAndRemoveTests : CliTest
{
    [Fact]
    public async Task List_AsJson_GivesALineForEachClipWithAllItsFields()
    {
        await IndexBothAsync();

        Outcome outcome = await RunAsync("list", "--json");

        JsonElement[] clips = [.. outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal([Zoom, Bars], clips.Select(clip => clip.GetProperty("title").GetString()));
        Assert.Equal(
            ["id", "title", "tags", "metadata", "durationSeconds", "hasAudio", "hasVideo", "width", "height", "frameRate", "sha256", "sizeBytes", "modelId", "createdAt", "scenes"],
            clips[0].EnumerateObject().Select(property => property.Name));
        Assert.Equal(10, clips[0].GetProperty("scenes")[0].GetProperty("endSeconds").GetDouble());
    }

    [Fact]
    public async Task List_WithTag_GivesATableOfThose()
    {
        await IndexBothAsync();

        Outcome outcome = await RunAsync("list", "--tag", "zoomed");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains(Zoom, outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Bars, outcome.Output, StringComparison.Ordinal);
        Assert.Contains("1 clip, 0:10.0 in all", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_WithLimit_SaysThatThereAreMore()
    {
        await IndexBothAsync();

        Outcome one = await RunAsync("list", "--limit", "1");
        Outcome both = await RunAsync("list", "--limit", "2");
        Outcome line = await RunAsync("list", "--limit", "1", "--json");

        Assert.Contains("1 clip, 0:10.0 in all; there are more", one.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("more", both.Output, StringComparison.Ordinal);
        Assert.Contains(Zoom, Assert.Single(line.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync("list", "--limit", "0")).ExitCode);
    }

    [Fact]
    public async Task Remove_ById_TakesThatClipWithItsMedia()
    {
        await IndexBothAsync();
        string id = (await WithIndexAsync(index => index.ListAsync(ClipFilter.None, null, 1, Cancellation))).Items[0].Id;

        Outcome first = await RunAsync("remove", id);
        Outcome again = await RunAsync("remove", id);

        Assert.Equal((0, "1 removed\n"), (first.ExitCode, first.Output));
        Assert.Equal((1, "0 removed\n"), (again.ExitCode, again.Output));
        Assert.Contains($"There is no clip '{id}'.", again.Error, StringComparison.Ordinal);
        Assert.Equal((1, 0), CountFiles());
    }

    [Fact]
    public async Task Remove_ByTag_NeedsToBeSureWhereNobodyCanAnswer()
    {
        await IndexBothAsync();

        Outcome unsure = await RunAsync("remove", "--tag", "zoomed");
        Outcome sure = await RunAsync("remove", "--tag", "zoomed", "--yes");

        Assert.Equal(2, unsure.ExitCode);
        Assert.Contains("add --yes", unsure.Error, StringComparison.Ordinal);
        Assert.Equal((0, "1 removed\n"), (sure.ExitCode, sure.Output));
        Assert.Equal([Bars], (await WithIndexAsync(index => index.ListAsync(ClipFilter.None, null, 10, Cancellation))).Items.Select(clip => clip.Title));
    }

    [Theory]
    [InlineData]
    [InlineData("someId", "--tag", "b")]
    [InlineData("")]
    public async Task Remove_NeitherOrBothOfIdAndTag_IsBadUse(params string[] arguments) => Assert.Equal(2, (await RunAsync(["remove", .. arguments])).ExitCode);

    private async Task IndexBothAsync()
    {
        Assert.Equal(0, (await RunAsync("index", Fixtures.Clip(Zoom), "--tag", "zoomed")).ExitCode);
        Assert.Equal(0, (await RunAsync("index", Fixtures.Clip(Bars))).ExitCode);
    }
}
