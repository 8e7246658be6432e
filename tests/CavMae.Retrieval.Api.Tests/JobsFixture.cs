using System.Diagnostics;
using System.Text.Json.Nodes;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Api.Tests;

/// <summary>
/// A service with few places for jobs, and clips of many scenes (one a second, each of two frames), so that a job takes long enough to be met
/// under way.
/// </summary>
public sealed class JobsFixture : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private ServiceProcess? service;

    internal static readonly (string Key, string Value)[] ManyScenes = [("Scenes__Stride", "00:00:01"), ("Scenes__FramesPerScene", "2")];

    internal ServiceProcess Service => service!;

    public HttpClient Client => Service.Client;

    public string DataFolder => folder.File("data");

    /// <summary>Five minutes of pictures and sound: 300 scenes.</summary>
    public byte[] LongClip { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        LongClip = await File.ReadAllBytesAsync(MakeLong(folder, minutes: 5));
        service = await ServiceProcess.StartAsync(DataFolder, [.. ManyScenes, ("Ingest__AsyncAfter", "00:01:00"), ("Ingest__MaxQueuedJobs", "2")]);
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        folder.Dispose();
    }

    /// <summary>One minute is made, the others are copies.</summary>
    internal static string MakeLong(TemporaryFolder folder, int minutes)
    {
        string minute = folder.File("minute.mkv"), path = folder.File("long.mkv");
        Ffmpeg.Run("-f", "lavfi", "-i", "testsrc2=s=64x48:r=5:d=60", "-f", "lavfi", "-i", "sine=r=8000:d=60", "-c:v", "mpeg4", "-c:a", "pcm_s16le", minute);
        Ffmpeg.Run("-stream_loop", (minutes - 1).ToString(System.Globalization.CultureInfo.InvariantCulture), "-i", minute, "-c", "copy", path);
        return path;
    }

    /// <summary>What lies in the folder of jobs' uploads.</summary>
    internal string[] JobFiles() => Directory.GetFiles(Path.Combine(DataFolder, "jobs"));
}

/// <summary>Requests about jobs.</summary>
internal static class JobHelpers
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>An upload whose client does not want to wait.</summary>
    public static async Task<HttpResponseMessage> PostAsyncFileAsync(this HttpClient client, byte[] file, params (string Name, string Value)[] fields)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "api/v1/clips") { Content = HttpHelpers.Form(file, fields) };
        request.Headers.Add("Prefer", "respond-async");
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>The same, and the id of its job.</summary>
    public static async Task<string> SubmitAsync(this HttpClient client, byte[] file, params (string Name, string Value)[] fields)
    {
        using HttpResponseMessage response = await client.PostAsyncFileAsync(file, fields);
        return (string)(await response.JsonAsync(202))["id"]!;
    }

    public static Task<JsonNode> JobAsync(this HttpClient client, string id) => client.GetJsonAsync("api/v1/jobs/" + id);

    /// <summary>Asks until the job is as wanted, and gives it.</summary>
    public static async Task<JsonNode> WaitForJobAsync(this HttpClient client, string id, Func<JsonNode, bool> isWanted)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            JsonNode job = await client.JobAsync(id);
            if (isWanted(job))
                return job;
            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, $"What was waited for did not come: {job.ToJsonString()}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public static Task<JsonNode> WaitForEndAsync(this HttpClient client, string id) => client.WaitForJobAsync(id, job => job["endedAt"] is not null);

    /// <summary>Waits until the job runs and has embedded some scenes.</summary>
    public static Task<JsonNode> WaitForScenesAsync(this HttpClient client, string id, int scenes) =>
        client.WaitForJobAsync(id, job => (int)job["progress"]!["scenesDone"]! >= scenes && (string?)job["state"] == "running");

    public static Task<HttpResponseMessage> DeleteJobAsync(this HttpClient client, string id) =>
        client.DeleteAsync(new Uri("api/v1/jobs/" + id, UriKind.Relative), TestContext.Current.CancellationToken);
}
