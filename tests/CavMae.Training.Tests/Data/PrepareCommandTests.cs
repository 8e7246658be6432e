using System.CommandLine;
using CavMae.Checkpoints;
using CavMae.Training.Commands;
using CavMae.Training.Data;
using CavMae.Training.Data.Preparing;
using CavMae.Training.Data.Sets;

namespace CavMae.Training.Tests.Data;

public sealed class PrepareCommandTests : IDisposable
{
    private const string Zoom = "zoom_640x360_25fps_10s";

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
        Assert.Equal(12, Directory.GetFiles(Out, "*", SearchOption.AllDirectories).Length);
        AssertHearsAndSeesTheReference(entry);

        File.Delete(_folder.File("in/broken.mp4"));
        DateTime written = File.GetLastWriteTimeUtc(entry.Wav);
        (code, output, _) = await RunAsync(arguments);
        Assert.Equal(0, code);
        Assert.Contains("0 prepared, 1 already there, 0 failed", output, StringComparison.Ordinal);
        Assert.Equal(written, File.GetLastWriteTimeUtc(entry.Wav));
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
        RootCommand root = new("test") { PrepareCommand.Create(), StatisticsCommand.Create() };
        using StringWriter output = new(), error = new();
        int code = await root.Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output, Error = error }, cancellationToken);
        return (code, output.ToString(), error.ToString());
    }
}
