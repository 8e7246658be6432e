using CavMae.Retrieval.Cli.Tests.Support;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Cli.Tests;

public sealed class IndexCommandTests : CliTest
{
    /// <summary>More than can be done before a run hears that it shall end.</summary>
    private const int LibraryClips = 40;

    [Fact]
    public async Task Index_FolderWithBadFiles_IndexesTheRestAndNamesThem()
    {
        CopyClip(Zoom, "library/zoom.mp4");
        CopyClip(Bars, "library/deeper/bars.mp4");
        await File.WriteAllTextAsync(PathOf("library/notes.mp4"), "not a film", Cancellation);
        await File.WriteAllBytesAsync(PathOf("library/deeper/empty.wav"), [], Cancellation);
        await File.WriteAllTextAsync(PathOf("library/.hidden"), "left out", Cancellation);

        Outcome outcome = await RunAsync("index", PathOf("library"), "--tag", "b", "--tag", "a");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("2 indexed, 0 already there, 2 failed", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("notes.mp4: The file is none of MP4", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("empty.wav: ", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", outcome.Error, StringComparison.Ordinal);
        ClipPage page = await WithIndexAsync(index => index.ListAsync(ClipFilter.None, null, 10, Cancellation));
        Assert.Equal(["bars.mp4", "zoom.mp4"], page.Items.Select(clip => clip.Title).Order());
        Assert.All(page.Items, clip => Assert.Equal(["b", "a"], clip.Tags));
        Assert.Equal((2, 0), CountFiles());
    }

    [Fact]
    public async Task Index_ContentThatIsThere_SaysSoAndChangesNothing()
    {
        string clip = CopyClip(Zoom, "first.mp4");
        Outcome first = await RunAsync("index", clip);
        Outcome second = await RunAsync("index", CopyClip(Zoom, "second.mp4"), clip);

        Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        Assert.Contains("1 indexed, 0 already there, 0 failed", first.Output, StringComparison.Ordinal);
        Assert.Contains("0 indexed, 2 already there, 0 failed", second.Output, StringComparison.Ordinal);
        Assert.Contains("\"first.mp4\", already", second.Output, StringComparison.Ordinal);
        Assert.Equal(1, (await WithIndexAsync(index => index.CountAsync(Cancellation))).Clips);
    }

    [Fact]
    public async Task Index_DataFolderInsidePath_DoesNotIndexItself()
    {
        CopyClip(Zoom, "zoom.mp4");
        string parent = Path.GetDirectoryName(DataFolder)!;
        await RunAsync("index", parent);

        Outcome again = await RunAsync("index", parent);

        Assert.Equal(0, again.ExitCode);
        Assert.Contains("0 indexed, 1 already there, 0 failed", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Index_LinkToFolderAbove_EndsAndTakesEachFileOnce()
    {
        CopyClip(Zoom, "library/zoom.mp4");
        Directory.CreateSymbolicLink(PathOf("library/round"), PathOf("library"));

        Outcome outcome = await RunAsync("index", PathOf("library"), PathOf("library/zoom.mp4"));

        Assert.Contains("1 indexed, 0 already there, 0 failed", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Index_MissingPath_IsBadUseAndMakesNothing()
    {
        Outcome outcome = await RunAsync("index", CopyClip(Zoom, "zoom.mp4"), PathOf("gone.mp4"));

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("gone.mp4", outcome.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(DataFolder));
    }

    [Fact]
    public async Task Index_FolderInUse_SaysByWhom()
    {
        using DataFolder taken = Index.DataFolder.Open(DataFolder);

        Outcome outcome = await RunAsync("index", CopyClip(Zoom, "zoom.mp4"));

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains($"in use by process {Environment.ProcessId}", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("If that is the service: name its address with --server", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Index_Pattern_TakesWhatItMeets()
    {
        CopyDistinct(Zoom, "library/a/one.mp4", 1);
        CopyDistinct(Zoom, "library/a/deep/two.mp4", 2);
        CopyDistinct(Zoom, "library/b/one.mp4", 3);
        CopyDistinct(Zoom, "library/b/three.MP4", 4);

        Outcome any = await RunAsync("index", PathOf("library/**/one.mp?"));
        Outcome rest = await RunAsync("index", PathOf("library/?"), "--parallel", "3");
        Outcome none = await RunAsync("index", PathOf("library/**/*.wav"));

        Assert.Contains("2 indexed, 0 already there, 0 failed", any.Output, StringComparison.Ordinal);
        Assert.Contains("2 indexed, 2 already there, 0 failed", rest.Output, StringComparison.Ordinal);
        Assert.Equal(2, none.ExitCode);
        Assert.Contains("There is no", none.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Index_BadFiles_AreGroupedByReasonAtTheEnd()
    {
        for (int i = 0; i < 5; i++)
        {
            Directory.CreateDirectory(PathOf("library"));
            await File.WriteAllTextAsync(PathOf($"library/{i}.mp4"), "not a film", Cancellation);
        }

        Outcome outcome = await RunAsync("index", PathOf("library"));

        Assert.Contains("0 indexed, 0 already there, 5 failed", outcome.Output, StringComparison.Ordinal);
        Assert.Matches(@"5 × The file is none of MP4.*\(.*0\.mp4, .*1\.mp4, .*2\.mp4 and 2 more\)", outcome.Error);
    }

    [Fact]
    public async Task Index_Cancelled_LeavesWholeClipsOnly()
    {
        MakeLibrary();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        // The line is written once the clip is in the store; a media file alone is there a moment before.
        Outcome outcome = await RunUntilAsync(["index", PathOf("library")], stop.Token, line => _ = line.StartsWith("indexed", StringComparison.Ordinal) ? stop.CancelAsync() : null);

        Assert.InRange(await CountWholeClipsAsync(outcome), 1, LibraryClips - 1);
    }

    [Fact]
    public async Task Index_CancelledBetweenMediaAndStore_LeavesWholeClipsOnly()
    {
        MakeLibrary();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        Task<Outcome> running = RunUntilAsync(["index", PathOf("library")], stop.Token);
        await UntilMediaIsKeptAsync(running);

        await stop.CancelAsync();

        // The clip whose media was seen is stored or undone, as it happened to be ahead of the end or behind it.
        Assert.InRange(await CountWholeClipsAsync(await running), 0, LibraryClips - 1);
    }

    private void MakeLibrary()
    {
        for (int i = 0; i < LibraryClips; i++)
            CopyDistinct(Zoom, $"library/{i:00}.mp4", i);
    }

    /// <summary>Clips that an interrupted run left; each has its media, and there is nothing else.</summary>
    private async Task<long> CountWholeClipsAsync(Outcome outcome)
    {
        Assert.Equal(130, outcome.ExitCode);
        Assert.Contains("Interrupted", outcome.Error, StringComparison.Ordinal);
        Assert.Matches(@"\d+ indexed, 0 already there, 0 failed, \d+ left, in", outcome.Output);
        (int media, int incoming) = CountFiles();
        IndexCounts counts = await WithIndexAsync(index => index.CountAsync(Cancellation));
        Assert.Equal((counts.Clips, 0), (media, incoming));
        return counts.Clips;
    }

    private async Task UntilMediaIsKeptAsync(Task running)
    {
        string media = Path.Combine(DataFolder, "media");
        while (!Directory.Exists(media) || Directory.GetFiles(media, "*", SearchOption.AllDirectories).Length == 0)
        {
            Assert.False(running.IsCompleted, "the command ended before it stored a clip");
            await Task.Delay(1, Cancellation);
        }
    }
}
