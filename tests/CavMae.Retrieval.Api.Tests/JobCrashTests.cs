using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CavMae.Tests.Shared;
using Microsoft.Data.Sqlite;

namespace CavMae.Retrieval.Api.Tests;

/// <summary>Jobs of services that are killed, and of services that are stopped.</summary>
public sealed partial class JobCrashTests : IDisposable
{
    private const int Scenes = 300;

    /// <summary>
    /// A scene's last bits (1e-7 was seen) depend on whether it met another in the encoder, which differs between any two runs, interrupted or not.
    /// </summary>
    private const float RoundingTolerance = 1e-5f;

    private readonly TemporaryFolder folder = new();

    private string Data => folder.File("data");

    [Fact]
    public async Task Kill_InTheMiddleOfAJob_GoesOnWithoutEmbeddingASceneTwice()
    {
        byte[] video = await File.ReadAllBytesAsync(JobsFixture.MakeLong(folder, minutes: 5), TestContext.Current.CancellationToken);
        string id = "", waiting = "";
        for (int kill = 0; kill < 3; kill++)
        {
            await using ServiceProcess service = await StartAsync();
            if (kill == 0)
                (id, waiting) = (await service.Client.SubmitAsync(video, ("id", "killed")), await service.Client.SubmitAsync([.. video, 0xEC, 0x81, 0], ("id", "waiting")));
            await service.Client.WaitForScenesAsync(id, 40 + 60 * kill);
            Assert.Empty((await service.Client.GetJsonAsync("api/v1/clips"))["items"]!.AsArray());
            await service.KillAsync();
        }
        int kept = (int)(long)ReadDatabase("jobs.db", "SELECT count(*) FROM scenes").Single()[0];
        Assert.InRange(kept, 160, Scenes - 1);

        await using (ServiceProcess last = await StartAsync())
        {
            JsonNode job = await last.Client.WaitForEndAsync(id);
            Assert.Equal("succeeded", (string?)job["state"]);
            JsonNode queued = await last.Client.JobAsync(waiting);
            using HttpResponseMessage cancelled = await last.Client.DeleteJobAsync(waiting);
            await cancelled.JsonAsync();
            int waitingScenes = (int)(await last.Client.JobAsync(waiting))["progress"]!["scenesDone"]!;
            Assert.InRange((int)queued["progress"]!["scenesDone"]!, 0, waitingScenes);
            // Up to a batch of the job that was cancelled was encoded in vain; the warm-up comes before anybody counts.
            Assert.InRange(await EncodedAsync(last.Client) - waitingScenes, Scenes - kept, Scenes - kept + 2);
            Assert.Empty(Directory.GetFiles(Path.Combine(Data, "jobs")));
            // The same without interruption.
            using HttpResponseMessage whole = await last.Client.PostFileAsync("api/v1/clips", video, ("id", "reference"));
            Assert.Equal("succeeded", (string?)(await last.Client.WaitForEndAsync((string)(await whole.JsonAsync(202))["id"]!))["state"]);
            await last.StopAsync();
        }
        const string Vectors = "SELECT start_ticks, end_ticks, audio, visual FROM scenes JOIN clips USING (sequence) WHERE id = '{0}' ORDER BY scene_index";
        List<object[]> resumed = ReadDatabase("index.db", string.Format(CultureInfo.InvariantCulture, Vectors, "killed"));
        Assert.Equal(Scenes, resumed.Count);
        List<object[]> reference = ReadDatabase("index.db", string.Format(CultureInfo.InvariantCulture, Vectors, "reference"));
        Assert.Equal(reference.Select(row => (row[0], row[1])), resumed.Select(row => (row[0], row[1])));
        Assert.All(reference.Zip(resumed), pair => Assert.InRange(LargestDifference(pair.First, pair.Second), 0, RoundingTolerance));
        Assert.Empty(ReadDatabase("jobs.db", "SELECT * FROM scenes"));
        Assert.Single(Directory.GetFiles(Path.Combine(Data, "media"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Stop_Signal_EndsSoonAndTheJobGoesOn()
    {
        byte[] video = await File.ReadAllBytesAsync(JobsFixture.MakeLong(folder, minutes: 5), TestContext.Current.CancellationToken);
        string id;
        await using (ServiceProcess first = await StartAsync())
        {
            id = await first.Client.SubmitAsync(video, ("id", "stopped"));
            await first.Client.WaitForScenesAsync(id, 20);
            // Somebody watches.
            using HttpRequestMessage request = new(HttpMethod.Get, "api/v1/jobs/" + id);
            request.Headers.Add("Accept", "text/event-stream");
            using HttpResponseMessage events = await first.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            long start = Stopwatch.GetTimestamp();
            await first.StopAsync();
            Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 30); // a hang is found, however loaded the machine is
            Assert.Equal(0, first.ExitCode);
            Assert.EndsWith("\n\n", await events.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
        Assert.Equal("queued", ReadDatabase("jobs.db", "SELECT state FROM jobs").Single()[0]);
        await using ServiceProcess second = await StartAsync();
        Assert.Equal(("succeeded", "stopped"), await second.Client.WaitForEndAsync(id) is var job ? ((string?)job["state"], (string?)job["clipId"]) : default);
    }

    [Fact]
    public async Task Start_UploadsOfNoJob_AreRemovedAndOthersKept()
    {
        await using (ServiceProcess first = await StartAsync())
            await first.StopAsync();
        string orphan = Path.Combine(Data, "jobs", new string('a', 32)), foreign = Path.Combine(Data, "jobs", "notes.txt");
        await File.WriteAllTextAsync(orphan, "x", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(foreign, "x", TestContext.Current.CancellationToken);

        await using ServiceProcess second = await StartAsync();

        Assert.Equal((false, true), (File.Exists(orphan), File.Exists(foreign)));
    }

    public void Dispose() => folder.Dispose();

    private Task<ServiceProcess> StartAsync() => ServiceProcess.StartAsync(Data, [.. JobsFixture.ManyScenes, ("Ingest__AsyncAfter", "00:01:00")]);

    /// <summary>Scenes that went through the encoders since the service started.</summary>
    private static async Task<int> EncodedAsync(HttpClient client)
    {
        string metrics = await client.GetStringAsync(new Uri("metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        return int.Parse(EncodedLine().Match(metrics).Groups[1].ValueSpan, CultureInfo.InvariantCulture);
    }

    /// <summary>Of two rows' vectors, audio and visual.</summary>
    private static float LargestDifference(object[] left, object[] right)
    {
        float largest = 0;
        foreach (int column in (int[])[2, 3])
            foreach ((float a, float b) in MemoryMarshal.Cast<byte, float>((byte[])left[column]).ToArray().Zip(MemoryMarshal.Cast<byte, float>((byte[])right[column]).ToArray()))
                largest = Math.Max(largest, Math.Abs(a - b));
        return largest;
    }

    private List<object[]> ReadDatabase(string name, string query)
    {
        using SqliteConnection connection = new($"Data Source={Path.Combine(Data, name)};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this class.
        command.CommandText = query;
#pragma warning restore CA2100
        using SqliteDataReader reader = command.ExecuteReader();
        List<object[]> rows = [];
        while (reader.Read())
        {
            object[] row = new object[reader.FieldCount];
            reader.GetValues(row);
            rows.Add(row);
        }
        return rows;
    }

    [GeneratedRegex(@"cavmae_scenes_encoded_total(?:\{[^}]*\})? (\d+)")]
    private static partial Regex EncodedLine();
}
