using CavMae.Checkpoints;
using CavMae.Training.Commands;
using CavMae.Training.Data;
using CavMae.Training.Data.Preparing;
using CavMae.Training.Data.Sets;

namespace CavMae.Training.Tests.Data;

public sealed class PrepareCommandTests : IDisposable
{
    private const string Zoom = "zoom_640x360_25fps_10s", Bars = "bars_480x854_29.97fps_12.3s";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Out => _folder.File("out");

    [Fact]
    public async Task Prepare_FolderWithBrokenFile_MakesTheRestAndGoesOnNextTime()
    {
        Directory.CreateDirectory(_folder.File("in/sub"));
        File.Copy(Fixtures.Clip(Zoom + ".mp4"), _folder.File("in/sub/a b.mp4"));
        File.WriteAllText(_folder.File("in/broken.mp4"), "no video");
        File.WriteAllText(_folder.File("in/notes.txt"), "not looked at");
        File.WriteAllLines(_folder.File("labels.csv"), ["file,labels", "sub/a b.mp4,\"/m/1,/m/2\"", "gone.mp4,/m/3"]);
        string[] arguments = ["prepare", _folder.File("in"), "--out", Out, "--labels", _folder.File("labels.csv"), "--jobs", "2"];

        (int code, string output, string error) = await RunAsync(arguments);

        Assert.Equal(1, code);
        Assert.Contains("1 prepared, 0 already there, 1 failed", output, StringComparison.Ordinal);
        Assert.Contains($"failed   {_folder.File("in/broken.mp4")}: ", error, StringComparison.Ordinal);
        Assert.Contains("'gone.mp4' has labels, but is not among the videos", error, StringComparison.Ordinal);
        DatasetEntry entry = Assert.Single(DatasetFile.Read(Path.Combine(Out, "dataset.json")).Entries);
        Assert.Equal("sub_a_b", entry.VideoId);
        Assert.Equal(["/m/1", "/m/2"], entry.Labels);
        Assert.Equal(13, Directory.GetFiles(Out, "*", SearchOption.AllDirectories).Length); // a sound, ten pictures, the list, and prepared.jsonl
        AssertHearsAndSeesTheReference(entry);

        File.Delete(_folder.File("in/broken.mp4"));
        DateTime written = File.GetLastWriteTimeUtc(entry.Wav);
        string[] leftovers = [Path.Combine(Out, "dataset.json.1-2.part"), entry.Wav + ".1-2.part", entry.FramePath(3) + ".1-2.part"];
        string notOurs = Path.Combine(Out, "notes.part");
        Array.ForEach([.. leftovers, notOurs], path => File.WriteAllText(path, "half"));
        (code, output, _) = await RunAsync(arguments);
        Assert.Equal(0, code);
        Assert.Contains("0 prepared, 1 already there, 0 failed", output, StringComparison.Ordinal);
        Assert.Equal(written, File.GetLastWriteTimeUtc(entry.Wav));
        Assert.DoesNotContain(leftovers, File.Exists);
        Assert.True(File.Exists(notOurs));
    }

    [Fact]
    public async Task Prepare_OtherVideoOfTheSameName_HasAClipOfItsOwn()
    {
        Array.ForEach(["one", "two"], folder => Directory.CreateDirectory(_folder.File(folder)));
        File.Copy(Fixtures.Clip(Zoom + ".mp4"), _folder.File("one/a.mp4"));
        File.Copy(Fixtures.Clip(Bars + ".mp4"), _folder.File("two/a.mp4"));
        File.WriteAllLines(_folder.File("labels.csv"), ["file,labels", "a.mp4,/m/1"]);

        DatasetEntry first = Assert.Single(await PrepareAsync("one", "1 prepared, 0 already there", "--labels", _folder.File("labels.csv")));
        byte[] sound = File.ReadAllBytes(first.Wav);
        IReadOnlyList<DatasetEntry> both = await PrepareAsync("two", "1 prepared, 0 already there");

        Assert.Equal(2, both.Count);
        Assert.Equivalent(first, both[0]); // with its label
        Assert.Matches("^a-[0-9a-f]{12}$", both[1].VideoId);
        Assert.Equal(sound, File.ReadAllBytes(first.Wav));
        Assert.NotEqual(sound, File.ReadAllBytes(both[1].Wav));

        // Another video in the place of the first is another source; a folder that moved is not.
        File.Copy(Fixtures.Clip(Bars + ".mp4"), _folder.File("one/a.mp4"), overwrite: true);
        File.SetLastWriteTimeUtc(_folder.File("one/a.mp4"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal(2, (await PrepareAsync("one", "1 prepared, 0 already there")).Count);
        Assert.Equal(File.ReadAllBytes(both[1].Wav), File.ReadAllBytes(first.Wav));
        Directory.Move(_folder.File("two"), _folder.File("three"));
        Assert.Equal(both.Select(entry => entry.VideoId), (await PrepareAsync("three", "0 prepared, 1 already there")).Select(entry => entry.VideoId));
    }

    [Fact]
    public async Task Prepare_WhatIsThereIsBroken_SaysSoBeforeAnythingIsMade()
    {
        PreparedFolder folder = new(Out);
        folder.Create();
        using (folder.OpenSources())
            Assert.Contains("prepared.jsonl", (await RunAsync("prepare", Fixtures.Clip(Zoom + ".mp4"), "--out", Out)).Error, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(Out, "prepared.jsonl"), "{}\n");
        Assert.Contains("prepared.jsonl, line 1: ", (await RunAsync("prepare", Fixtures.Clip(Zoom + ".mp4"), "--out", Out)).Error, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(Out, "prepared.jsonl"), "");
        File.WriteAllText(folder.DatasetPath, "{");
        (int code, _, string error) = await RunAsync("prepare", Fixtures.Clip(Zoom + ".mp4"), "--out", Out);
        Assert.Equal(1, code);
        Assert.Contains("dataset.json is no data set list", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(Out, "audio")));
    }

    [Fact]
    public async Task Prepare_BadUse_SaysWhatIsWrong()
    {
        Assert.Contains("There is no ", (await RunAsync("prepare", _folder.File("nowhere"), "--out", Out)).Error, StringComparison.Ordinal);
        Assert.Contains("There are no videos in ", (await RunAsync("prepare", _folder.FullPath, "--out", Out)).Error, StringComparison.Ordinal);
        (int code, _, string error) = await RunAsync("prepare", "--out", Out);
        Assert.Equal(1, code);
        Assert.Contains("Name videos", error, StringComparison.Ordinal);
        Assert.NotEqual(0, (await RunAsync("prepare", _folder.FullPath, "--out", Out, "--jobs", "0")).Code);
        Assert.False(Directory.Exists(Out));
    }

    [Fact]
    public async Task Prepare_NothingUsable_WritesNoList()
    {
        File.WriteAllText(_folder.File("list.txt"), _folder.File("list.txt") + "\n\n");
        (int code, string output, _) = await RunAsync("prepare", "--list", _folder.File("list.txt"), "--out", Out);
        Assert.Equal(1, code);
        Assert.Contains("no list was written", output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Out, "dataset.json")));
    }

    [Fact]
    public async Task Prepare_Cancelled_Ends130WithoutHalfFiles()
    {
        using CancellationTokenSource stop = new();
        Task<(int Code, string Output, string Error)> run = RunAsync(stop.Token, "prepare", Fixtures.Clip(Zoom + ".mp4"), "--out", Out);
        while (!Directory.Exists(Path.Combine(Out, "frames", "frame_9")) && !run.IsCompleted)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        await stop.CancelAsync();

        (int code, _, string error) = await run;

        Assert.Equal(130, code);
        Assert.Contains("Interrupted", error, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFiles(Out, "*", SearchOption.AllDirectories), path => path.EndsWith(".part", StringComparison.Ordinal) || path.EndsWith(".json", StringComparison.Ordinal));
    }

    [Fact]
    public void Find_NamesThatMeet_HaveIdsOfTheirOwn()
    {
        foreach (string name in (string[])["in/a/b.mp4", "in/a_b.MKV", "in/A_B.mp4", "in/.hidden.mp4", "in/-x.mp4", "in/ü.mp4", "other/a_b.mkv"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(name))!);
            File.WriteAllText(_folder.File(name), "");
        }
        Directory.CreateSymbolicLink(_folder.File("in/a/circle"), _folder.File("in"));

        IReadOnlyList<VideoFile> found = VideoFiles.Find([_folder.File("in"), _folder.File("other"), _folder.File("in/a/b.mp4")]);

        Assert.Equal(6, found.Count);
        Assert.Equal(6, found.Select(file => file.Id).Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(found, file => Assert.Matches("^[A-Za-z0-9_][A-Za-z0-9._-]*$", file.Id));
        Assert.Contains(found, file => file is { Name: "-x.mp4", Id: "_x" });
        Assert.Equal(found, VideoFiles.Find([_folder.File("other"), _folder.File("in")]));
    }

    [Fact]
    public async Task Statistics_Dataset_PrintsThem()
    {
        Clips.Make(Out, [], []);
        (int code, string output, _) = await RunAsync("statistics", Path.Combine(Out, "dataset.json"));
        Assert.Equal(0, code);
        Assert.Matches(@"^mean -?\d+\.\d{4}, deviation \d+\.\d{4}, of 2 clips", output);
        Assert.Equal(1, (await RunAsync("statistics", _folder.File("missing.json"))).Code);
    }

    private async Task<IReadOnlyList<DatasetEntry>> PrepareAsync(string folder, string counts, params string[] more)
    {
        (int code, string output, string error) = await RunAsync(["prepare", _folder.File(folder), "--out", Out, .. more]);
        Assert.True(code == 0, error);
        Assert.StartsWith(counts, output, StringComparison.Ordinal);
        return DatasetFile.Read(Path.Combine(Out, "dataset.json")).Entries;
    }

    private static void AssertHearsAndSeesTheReference(DatasetEntry entry)
    {
        using var golden = SafeTensors.Open(Fixtures.Golden("audio.safetensors"));
        short[] reference = golden.ReadInt16(Zoom + ".pcm16");
        byte[] wav = File.ReadAllBytes(entry.Wav);
        Assert.Equal(reference.Take(LogMel.MaxSamples).SelectMany(BitConverter.GetBytes), wav.Skip(44));

        using var frames = SafeTensors.Open(Fixtures.Golden("frames.safetensors"));
        byte[] pictures = frames.ReadBytes(Zoom + ".rgb224"); // [3, 224, 224, 3]: frames 0, 5, 9
        var picture = new float[SampleSizes.PictureLength];
        for (int each = 0; each < 3; each++)
        {
            Training.Data.Pictures.PictureReader.ReadFrame(entry, ((int[])[0, 5, 9])[each], picture);
            double error = 0;
            for (int i = 0; i < 224 * 224 * 3; i++)
                error += Math.Abs(255 * picture[i % 3 * 224 * 224 + i / 3] - pictures[each * 224 * 224 * 3 + i]);
            Assert.True(error / (224 * 224 * 3) < 3, $"frame {each}: mean error {error / (224 * 224 * 3):0.00} of 255; the scaler differs by up to 1.8, JPEG by about 1");
        }
    }

    private static Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) => RunAsync(TestContext.Current.CancellationToken, arguments);

    private static async Task<(int Code, string Output, string Error)> RunAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        int code = await CommandLine.RunAsync(arguments, output, error, cancellationToken);
        return (code, output.ToString(), error.ToString());
    }
}
