using System.Diagnostics;
using System.Text.Json;
using CavMae.Retrieval.Cli.Tests.Support;
using CavMae.Retrieval.Index;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Cli.Tests;

/// <summary>The program as a process of its own, and what belongs to no one command.</summary>
public sealed class ProgramTests : CliTest
{
    [Fact]
    public async Task Model_Bundle_PrintsWhatItIs()
    {
        Outcome outcome = await RunAsync("model");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains(DemoBundle.Result.ModelId, outcome.Output, StringComparison.Ordinal);
        Assert.Contains("32 numbers", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("random weights", outcome.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(DataFolder));
    }

    [Fact]
    public async Task Model_DamagedBundle_FailsAndNamesTheFile()
    {
        string copy = Directory.CreateDirectory(PathOf("model")).FullName;
        foreach (string file in Directory.GetFiles(DemoBundle.Folder))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        await File.AppendAllTextAsync(Path.Combine(copy, "visual.onnx"), "x", Cancellation);

        (int code, string output, string error) = await RunProcessAsync(["model", "--model", copy]);

        Assert.Equal((1, ""), (code, output));
        Assert.Contains("'visual.onnx' of the model bundle is damaged", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("index")]
    [InlineData("search")]
    [InlineData("list")]
    [InlineData("remove")]
    [InlineData("export-index")]
    [InlineData("import-index")]
    [InlineData("reindex")]
    [InlineData("evaluate")]
    [InlineData("model")]
    public async Task Help_EveryCommand_ShowsExamplesAndIsDone(string command)
    {
        Outcome outcome = await RunBareAsync([.. command.Length > 0 ? (string[])[command] : [], "--help"], Cancellation);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains($"  cavmae {command}", outcome.Output[outcome.Output.IndexOf("Examples:", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.Contains("Exit codes: 0 done, 1 failed", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_IsDone() => Assert.Equal(0, (await RunBareAsync(["--version"], Cancellation)).ExitCode);

    [Fact]
    public async Task Process_NoCommand_IsBadUse() => Assert.Equal(2, (await RunProcessAsync([])).Code);

    [Fact]
    public async Task Process_UnknownSetting_IsNamed()
    {
        await File.WriteAllTextAsync(PathOf("appsettings.json"), """{ "Scenes": { "Strid": "00:00:05" } }""", Cancellation);

        (int code, _, string error) = await RunProcessAsync(["index", CopyClip(Zoom, "zoom.mp4"), "--data", DataFolder, "--model", DemoBundle.Folder]);

        Assert.Equal(1, code);
        Assert.Contains("'Strid'", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Process_SettingsOfWorkingDirectoryAndEnvironment_AreUsed()
    {
        await File.WriteAllTextAsync(PathOf("appsettings.json"), """{ "Scenes": { "Stride": "00:00:05" } }""", Cancellation);
        CopyClip(Zoom, "zoom.mp4");

        (int code, string output, _) = await RunProcessAsync(["index", "zoom.mp4", "--model", DemoBundle.Folder], ("Index__Embedded__Path", DataFolder));

        Assert.Equal(0, code);
        Assert.Contains("2 scenes", output, StringComparison.Ordinal);
        Assert.Equal(1, (await WithIndexAsync(index => index.CountAsync(Cancellation))).Clips);
    }

    [Fact]
    public async Task Process_QueueOfOneFile_EvaluatesAllTheSame()
    {
        for (int i = 0; i < 5; i++)
            CopyDistinct(Zoom, $"library/{i}.mp4", i);

        (int code, string output, string error) = await RunProcessAsync(
            ["evaluate", "library", "--json", "--model", DemoBundle.Folder], ("Media__QueueCapacity", "1"), ("Media__Parallelism", "4"));

        Assert.True(code == 0, error);
        Assert.Equal(5, JsonDocument.Parse(output).RootElement.GetProperty("pairs").GetInt32());
    }

    [Theory]
    [InlineData("index")]
    [InlineData("evaluate")]
    public async Task Process_NoFolderForTemporaryFiles_FailsAndSaysSo(string command)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not read TMPDIR");
        CopyClip(Zoom, "library/zoom.mp4");

        (int code, _, string error) = await RunProcessAsync([command, "library", "--model", DemoBundle.Folder], ("TMPDIR", PathOf("gone")), ("Index__Embedded__Path", DataFolder));

        Assert.Equal(1, code);
        Assert.Contains("set TMPDIR", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Process_CtrlC_EndsWith130AndLeavesWholeClipsOnly()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent by kill, which Windows lacks");
        for (int i = 0; i < 40; i++)
            CopyDistinct(Zoom, $"library/{i:00}.mp4", i);
        using Process process = Start(["index", "library", "--data", DataFolder, "--model", DemoBundle.Folder], isInForeground: true);
        Task<string> error = process.StandardError.ReadToEndAsync(Cancellation);
        Assert.StartsWith("indexed", await process.StandardOutput.ReadLineAsync(Cancellation), StringComparison.Ordinal);
        Task<string> output = process.StandardOutput.ReadToEndAsync(Cancellation);

        using (Process kill = Process.Start("kill", ["-INT", $"{process.Id}"]))
            await kill.WaitForExitAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        await output;

        Assert.Equal(130, process.ExitCode);
        Assert.Contains("Interrupted", await error, StringComparison.Ordinal);
        (int media, int incoming) = CountFiles();
        IndexCounts counts = await WithIndexAsync(index => index.CountAsync(Cancellation));
        Assert.InRange(counts.Clips, 1, 39);
        Assert.Equal((counts.Clips, 0), (media, incoming));
    }

    [Fact]
    public async Task Process_KilledAgainAndAgain_EndsWithEachClipOnce()
    {
        const int Clips = 12, Kills = 3;
        for (int i = 0; i < Clips; i++)
            CopyDistinct(Zoom, $"library/{i:00}.mp4", i);
        string[] command = ["index", "library", "--data", DataFolder, "--model", DemoBundle.Folder];
        Random random = new(4);
        for (int i = 0; i < Kills; i++)
        {
            using Process process = Start(command, isInForeground: false);
            Task<string> error = process.StandardError.ReadToEndAsync(Cancellation);
            while (await process.StandardOutput.ReadLineAsync(Cancellation) is { } line && !line.StartsWith("indexed", StringComparison.Ordinal))
                continue;
            await Task.Delay(random.Next(100), Cancellation);
            process.Kill();
            await process.WaitForExitAsync(Cancellation);
            await error;
        }

        (int code, string output, _) = await RunProcessAsync(command);

        Assert.Equal(0, code);
        Assert.DoesNotContain($"{Clips} indexed", output, StringComparison.Ordinal);
        (int media, int incoming) = CountFiles();
        Assert.Equal((Clips, 0), (media, incoming));
        List<ClipRecord> clips = await WithIndexAsync(async index => await index.ListAllAsync(ClipFilter.None, Cancellation).ToListAsync(Cancellation));
        Assert.Equal(Clips, clips.Select(clip => clip.Sha256).Distinct().Count());
        Assert.Equal(Clips, clips.Count);
    }
}
