using System.Text.Json;
using CavMae.Retrieval.Api.Tests;
using CavMae.Retrieval.Cli.Tests.Support;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Cli.Tests.Remote;

/// <summary>The command against a real service.</summary>
public sealed class RunningServiceTests : CliTest
{
    [Theory]
    [InlineData("00:05:00")]
    [InlineData("00:00:01")]
    public async Task Index_ServiceKilledAndStartedAgain_EndsWithEachClipOnce(string asyncAfter)
    {
        const int Clips = 12;
        for (int i = 0; i < Clips; i++)
            CopyDistinct(Zoom, $"library/{i:00}.mp4", i);
        string address = $"http://127.0.0.1:{StubService.FreePort()}";
        (string, string)[] settings = [("ASPNETCORE_URLS", address), ("Ingest__AsyncAfter", asyncAfter)];
        await using ServiceProcess first = await ServiceProcess.StartAsync(DataFolder, settings);
        TaskCompletionSource firstLine = new(TaskCreationOptions.RunContinuationsAsynchronously);

        Task<Outcome> running = RunBareAsync(["index", PathOf("library"), "--server", address, "--parallel", "3"], Cancellation, line => firstLine.TrySetResult());
        Assert.Same(firstLine.Task, await Task.WhenAny(firstLine.Task, running));
        await first.KillAsync();
        await using ServiceProcess second = await ServiceProcess.StartAsync(DataFolder, settings);
        Outcome outcome = await running;
        Outcome listed = await RunBareAsync(["list", "--json", "--server", address], Cancellation);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains($"{Clips} indexed, 0 already there, 0 failed, in", outcome.Output, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, Clips).Select(i => $"{i:00}.mp4"),
            listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("title").GetString()).Order());
    }

    [Fact]
    public async Task IndexSearchListRemove_OverHttp_DoWhatTheyDoOnADataFolder()
    {
        await using ServiceProcess service = await ServiceProcess.StartAsync(DataFolder);
        string[] server = ["--server", service.Client.BaseAddress!.ToString()];
        CopyClip(Zoom, "library/zoom.mp4");
        CopyClip(Bars, "library/bars.mp4");
        CopyClip(Bars, "library/deep/bars again.mp4");
        await File.WriteAllTextAsync(PathOf("library/notes.mp4"), "not a film", Cancellation);

        Outcome indexed = await RunOverHttpAsync("index", PathOf("library"), "--tag", "a&b ü", "--parallel", "1");
        Outcome again = await RunOverHttpAsync("index", PathOf("library/**/*.mp4"));
        Outcome searched = await RunOverHttpAsync("search", Fixtures.Clip(Zoom), "--direction", "audio-to-video", "--group-by", "scene", "--min-score", "-1", "--tag", "a&b ü", "--json");
        Outcome table = await RunOverHttpAsync("search", Fixtures.Clip(Zoom), "--direction", "similar");
        Outcome listed = await RunOverHttpAsync("list", "--tag", "a&b ü", "--json");
        Outcome locally = await RunAsync("list");
        Outcome refused = await RunOverHttpAsync("search", PathOf("library/notes.mp4"), "--direction", "similar");
        Outcome removed = await RunOverHttpAsync("remove", "--tag", "a&b ü", "--yes");
        await service.StopAsync();

        Assert.Contains("2 indexed, 1 already there, 1 failed", indexed.Output, StringComparison.Ordinal);
        Assert.Contains("notes.mp4: The file is none of MP4", indexed.Error, StringComparison.Ordinal);
        Assert.Contains("0 indexed, 3 already there, 1 failed", again.Output, StringComparison.Ordinal);
        Assert.Equal(3, searched.Json.GetProperty("hits").GetArrayLength());
        Assert.Contains("2 hits by", table.Output, StringComparison.Ordinal);
        Assert.Equal(2, listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("\"tags\":[\"a&b ü\"]", listed.Output, StringComparison.Ordinal);
        Assert.Equal(1, locally.ExitCode);
        Assert.Contains("--server", locally.Error, StringComparison.Ordinal);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("none of MP4", refused.Error, StringComparison.Ordinal);
        Assert.Equal("2 removed\n", removed.Output);
        Assert.Equal((0, 0), CountFiles());

        Task<Outcome> RunOverHttpAsync(params string[] arguments) => RunBareAsync([.. arguments, .. server], Cancellation);
    }
}
