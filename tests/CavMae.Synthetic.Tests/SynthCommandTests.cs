using System.CommandLine;
using System.Text.Json;
using CavMae.Synthetic.Commands;

namespace CavMae.Synthetic.Tests;

public sealed class SynthCommandTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_TwiceThenFurther_KeepsFinishedClipsAndGrowsTheList()
    {
        using TemporaryFolder folder = new();
        Assert.Equal(0, (await RunAsync("--out", folder.FullPath, "--count", "2", "--seed", "6", "--jobs", "2")).Code);
        DateTime[] written = WriteTimes(folder);
        Assert.Equal(2, written.Length);

        (int code, string output, _) = await RunAsync("--out", folder.FullPath, "--count", "2", "--first", "1", "--seed", "6");

        Assert.Equal(0, code);
        Assert.Contains("1 written now, 1 there before", output, StringComparison.Ordinal);
        Assert.Equal(written, WriteTimes(folder)[..2]);
        using JsonDocument list = JsonDocument.Parse(await File.ReadAllTextAsync(folder.File(".clips.json"), Cancellation));
        Assert.Equal("held-out", list.RootElement.GetProperty("split").GetString());
        Assert.Equal(6, list.RootElement.GetProperty("seed").GetInt32());
        Assert.Equal(3, list.RootElement.GetProperty("clips").GetArrayLength());
        JsonElement last = list.RootElement.GetProperty("clips")[2];
        SyntheticClip clip = SyntheticClip.Create(SyntheticSplit.HeldOut, 6, 2);
        Assert.Equal($"00002-{clip.KindName}.mp4", last.GetProperty("file").GetString());
        Assert.Equal(clip.KindName, last.GetProperty("kind").GetString());
        Assert.Equal(clip.Parameters[1], last.GetProperty("parameters").GetProperty("rate").GetSingle());
        Assert.True(File.Exists(folder.File(last.GetProperty("file").GetString()!)));
    }

    [Fact]
    public async Task Run_FolderOfAnotherSeed_FailsAndNamesBoth()
    {
        using TemporaryFolder folder = new();
        await File.WriteAllTextAsync(folder.File(".clips.json"), """{"split":"training","seed":3,"clips":[]}""", Cancellation);

        (int code, _, string error) = await RunAsync("--out", folder.FullPath, "--count", "1");

        Assert.Equal(1, code);
        Assert.Contains("--split training --seed 3", error, StringComparison.Ordinal);
        Assert.Contains("--split held-out --seed 1", error, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(folder.FullPath));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"split":"held-out","seed":1}""")]
    [InlineData("""{"split":"held-out","seed":1,"clips":[null]}""")]
    public async Task Run_ListThatIsNone_FailsAndNamesIt(string content)
    {
        using TemporaryFolder folder = new();
        await File.WriteAllTextAsync(folder.File(".clips.json"), content, Cancellation);

        (int code, _, string error) = await RunAsync("--out", folder.FullPath, "--count", "1");

        Assert.Equal(1, code);
        Assert.Contains(".clips.json is no list of clips", error, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllTextAsync(folder.File(".clips.json"), Cancellation));
        Assert.Single(Directory.GetFiles(folder.FullPath));
    }

    [Fact]
    public async Task Run_AfterAKilledRun_RemovesWhatItLeft()
    {
        using TemporaryFolder folder = new();
        foreach (string left in (string[])[".00007-bell.mp4.part", ".00007-bell.mp4.part.wav", ".00000-thunder.mp4.part", "mine.mp4.part", ".clips.json.part"])
            await File.WriteAllTextAsync(folder.File(left), "left", Cancellation);

        (int code, _, _) = await RunAsync("--out", folder.FullPath, "--count", "1");

        Assert.Equal(0, code);
        Assert.Equal([".clips.json", "00000-thunder.mp4", "mine.mp4.part"], Directory.GetFiles(folder.FullPath).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Run_Interrupted_Answers130AndLeavesNoHalfFiles()
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource stop = new();
        stop.CancelAfter(TimeSpan.FromMilliseconds(300));

        (int code, _, string error) = await RunAsync(stop.Token, "--out", folder.FullPath, "--count", "200", "--jobs", "2");

        Assert.Equal(130, code);
        Assert.Contains("finished clips are kept", error, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFiles(folder.FullPath), file => file.Contains(".part", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--count", "0", "--count takes 1 to 1000000, not 0")]
    [InlineData("--first", "-1", "--first takes 0 to")]
    [InlineData("--jobs", "0", "--jobs takes 1 to 256")]
    [InlineData("--split", "test", "'held-out'")]
    [InlineData("--first", "2147483647", "--first takes 0 to")]
    public async Task Run_BadOption_FailsAndSaysWhatIsWanted(string option, string value, string expected)
    {
        using TemporaryFolder folder = new();
        (int code, _, string error) = await RunAsync("--out", folder.File("clips"), option, value);

        Assert.Equal(1, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("clips")));
    }

    [Fact]
    public async Task Run_Help_ShowsExamples()
    {
        (int code, string output, _) = await RunAsync("--help");

        Assert.Equal(0, code);
        Assert.Contains("cavmae-synth --out evaluation", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_MountedUnderAnotherCommand_ShowsItsOwnHelp()
    {
        RootCommand root = new("train") { SynthCommand.Create("synth") };
        StringWriter output = new();

        int code = await root.Parse(["synth", "--help"]).InvokeAsync(new InvocationConfiguration { Output = output }, Cancellation);

        Assert.Equal(0, code);
        Assert.Contains("cavmae-train synth --out clips", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("--count", output.ToString(), StringComparison.Ordinal);
    }

    private static DateTime[] WriteTimes(TemporaryFolder folder) =>
        [.. Directory.GetFiles(folder.FullPath, "*.mp4").Order(StringComparer.Ordinal).Select(File.GetLastWriteTimeUtc)];

    private static Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) => RunAsync(Cancellation, arguments);

    private static async Task<(int Code, string Output, string Error)> RunAsync(CancellationToken cancellation, params string[] arguments)
    {
        StringWriter output = new(), error = new();
        int code = await CommandLine.RunAsync(arguments, output, error, cancellation);
        return (code, output.ToString(), error.ToString());
    }
}
