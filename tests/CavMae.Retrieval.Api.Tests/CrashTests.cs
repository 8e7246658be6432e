using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Api.Tests;

/// <summary>Clients that go away, processes that are killed, starts that must be refused.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Data => folder.File("data");

    [Fact]
    public async Task Upload_ClientGoesAway_LeavesNothing()
    {
        await using ServiceProcess service = await ServiceProcess.StartAsync(Data);
        using (TcpClient client = new())
        {
            await client.ConnectAsync("127.0.0.1", service.Client.BaseAddress!.Port, TestContext.Current.CancellationToken);
            NetworkStream stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes("POST /api/v1/clips HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: 9000000\r\n\r\n--B\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n"), TestContext.Current.CancellationToken);
            await stream.WriteAsync(new byte[500_000], TestContext.Current.CancellationToken);
            await WaitAsync(() => Incoming().Length == 1);
        }
        await WaitAsync(() => Incoming().Length == 0);
        Assert.Empty((await service.Client.GetJsonAsync("api/v1/clips"))["items"]!.AsArray());
        Assert.DoesNotContain("fail:", service.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kill_InTheMiddleOfIngests_LosesNothingAcknowledgedAndLeavesNoHalves()
    {
        string video = folder.File("long.mkv");
        Ffmpeg.Run("-f", "lavfi", "-i", "testsrc2=size=640x480:duration=60:rate=30", "-f", "lavfi", "-i", "sine=duration=60", "-c:v", "mpeg4", video);
        byte[] slow = await File.ReadAllBytesAsync(video, TestContext.Current.CancellationToken);
        byte[] quick = await File.ReadAllBytesAsync(Fixtures.Clip("zoom_640x360_25fps_10s.mp4"), TestContext.Current.CancellationToken);
        string acknowledged;
        await using (ServiceProcess first = await ServiceProcess.StartAsync(Data))
        {
            using HttpResponseMessage stored = await first.Client.PostFileAsync("api/v1/clips", quick, ("id", "kept"));
            acknowledged = (await stored.JsonAsync(201)).ToJsonString();
            Task<HttpResponseMessage> pending = first.Client.PostFileAsync("api/v1/clips", slow, ("id", "lost"));
            await WaitAsync(() => Incoming().Length == 1 && DecoderIsRunning());
            await first.KillAsync();
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => pending);
        }
        // With its reader gone, ffmpeg ends by itself.
        await WaitAsync(() => !DecoderIsRunning());

        await using ServiceProcess second = await ServiceProcess.StartAsync(Data);

        JsonArray clips = (await second.Client.GetJsonAsync("api/v1/clips"))["items"]!.AsArray();
        Assert.Equal(acknowledged, Assert.Single(clips)!.ToJsonString());
        Assert.Empty(Incoming());
        Assert.Single(Directory.GetFiles(Path.Combine(Data, "media"), "*", SearchOption.AllDirectories));
        using HttpResponseMessage again = await second.Client.PostFileAsync("api/v1/clips", slow, ("id", "lost"));
        Assert.Equal(6, (await again.JsonAsync(201))["scenes"]!.AsArray().Count);
    }

    [Fact]
    public async Task Start_AfterAKillBetweenMediaAndStore_RemovesWhatWasUnderWayAndNothingElse()
    {
        string unfinished = new('0', 64);
        string orphan = MakeFile("media", "00", unfinished);
        string mark = MakeFile("incoming", unfinished + ".pending");
        string upload = MakeFile("incoming", new string('a', 32));
        string[] foreign = [MakeFile("incoming", "notes.txt"), MakeFile("media", "photos", "p.jpg"), MakeFile("media", "11", new string('1', 64))];

        await using ServiceProcess service = await ServiceProcess.StartAsync(Data);

        Assert.All((string[])[orphan, mark, upload], path => Assert.False(File.Exists(path), path));
        Assert.All(foreign, path => Assert.True(File.Exists(path), path));
    }

    [Fact]
    public async Task Start_DatabaseMovedAway_KeepsTheMedia()
    {
        await using (ServiceProcess first = await ServiceProcess.StartAsync(Data))
        {
            using HttpResponseMessage stored = await first.Client.PostFileAsync("api/v1/clips", await File.ReadAllBytesAsync(Fixtures.Clip("zoom_640x360_25fps_10s.mp4"), TestContext.Current.CancellationToken));
            await stored.JsonAsync(201);
            await first.StopAsync();
        }
        foreach (string file in Directory.GetFiles(Data, "index.db*"))
            File.Delete(file);
        await using ServiceProcess second = await ServiceProcess.StartAsync(Data);
        Assert.Single(Directory.GetFiles(Path.Combine(Data, "media"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Upload_FolderGone_IsUnavailableAndSaysSo()
    {
        await using ServiceProcess service = await ServiceProcess.StartAsync(Data);
        Directory.Delete(Path.Combine(Data, "incoming"), recursive: true);
        using HttpResponseMessage refused = await service.Client.PostFileAsync("api/v1/clips", await File.ReadAllBytesAsync(Fixtures.Clip("zoom_640x360_25fps_10s.mp4"), TestContext.Current.CancellationToken));
        await refused.ProblemAsync(503);
        using HttpResponseMessage ready = await service.Client.GetAsync(new Uri("health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
        await ready.ProblemAsync(503);
    }

    private string MakeFile(params string[] place)
    {
        string path = Path.Combine([Data, .. place]);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "x");
        return path;
    }

    [Fact]
    public async Task Start_StoreOfAnotherModel_IsRefusedWithBothIds()
    {
        await using (ServiceProcess service = await ServiceProcess.StartAsync(Data))
            await service.StopAsync();

        (int exitCode, string log) = await ServiceProcess.StartRefusedAsync(Data, ("Model__Path", DemoBundle.Export("other")));

        Assert.NotEqual(0, exitCode);
        Assert.Contains("demo-fp32-", log, StringComparison.Ordinal);
        Assert.Contains("other-fp32-", log, StringComparison.Ordinal);
        Assert.Contains("cavmae index", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_DataFolderInUse_IsRefusedNamingTheFirst()
    {
        await using ServiceProcess first = await ServiceProcess.StartAsync(Data);
        (int exitCode, string log) = await ServiceProcess.StartRefusedAsync(Data);
        Assert.NotEqual(0, exitCode);
        Assert.Contains($"process {first.Id}", log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Model__MaxBatch", "0", "Model:MaxBatch is '0'")]
    [InlineData("Media__Parallelism", "-1", "Media:Parallelism is '-1'")]
    [InlineData("Scenes__Stride", "00:00:30", "Scenes:Stride is '00:00:30'")]
    [InlineData("Model__Treads", "2", "'Treads'")]
    [InlineData("Model__MaxBatch", "many", "Model:MaxBatch")]
    [InlineData("Model__Path", "/nowhere", "There is no model bundle")]
    [InlineData("Model__ExecutionProvider", "Cuda", "Model:ExecutionProvider is Cuda")]
    [InlineData("Media__FfmpegFolder", "/nowhere", "Media:FfmpegFolder")]
    public async Task Start_BadOption_IsRefusedNamingIt(string key, string value, string message)
    {
        (int exitCode, string log) = await ServiceProcess.StartRefusedAsync(Data, (key, value));
        Assert.NotEqual(0, exitCode);
        Assert.Contains(message, log, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_DamagedBundle_IsRefusedNamingTheFile()
    {
        string bundle = DemoBundle.Export("damaged");
        await using (FileStream file = new(Path.Combine(bundle, "visual.onnx"), FileMode.Open))
        {
            file.Position = file.Length / 2;
            file.WriteByte(0x5A);
            file.WriteByte(0xA5);
        }
        (int exitCode, string log) = await ServiceProcess.StartRefusedAsync(Data, ("Model__Path", bundle));
        Assert.NotEqual(0, exitCode);
        Assert.Contains("visual.onnx", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_Signal_EndsCleanly()
    {
        await using ServiceProcess service = await ServiceProcess.StartAsync(Data);
        await service.StopAsync();
        Assert.Equal(0, service.ExitCode);
    }

    private string[] Incoming() => Directory.Exists(Path.Combine(Data, "incoming")) ? Directory.GetFiles(Path.Combine(Data, "incoming")) : [];

    /// <summary>Whether some ffmpeg reads a file of this test's data folder.</summary>
    private bool DecoderIsRunning() => Directory.EnumerateDirectories("/proc").Any(process =>
    {
        try
        {
            string command = File.ReadAllText(Path.Combine(process, "cmdline"));
            return command.Contains(Data, StringComparison.Ordinal) && command.Contains("ffmpeg", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // The process ended while it was looked at, or this is no process.
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    });

    private static async Task WaitAsync(Func<bool> condition)
    {
        for (int attempt = 0; attempt < 1200; attempt++)
        {
            if (condition())
                return;
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
        Assert.Fail("What was waited for did not come.");
    }

    public void Dispose() => folder.Dispose();
}
