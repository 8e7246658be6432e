using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using CavMae.Benchmarks.Running;

namespace CavMae.Benchmarks.Library;

/// <summary>A video that the service takes in as a job: sent, watched through its events, cancelled.</summary>
internal sealed class FilmJob
{
    private readonly ServiceProcess service;
    private readonly string address;

    private FilmJob(ServiceProcess service, string address) => (this.service, this.address) = (service, address);

    /// <summary>Uploads the video with <c>Prefer: respond-async</c>; the job is there on return.</summary>
    public static async Task<FilmJob> SendAsync(ServiceProcess service, string film, CancellationToken cancellationToken)
    {
        await using FileStream content = File.OpenRead(film);
        StreamContent part = new(content);
        part.Headers.ContentType = new MediaTypeHeaderValue("video/mp4");
        using MultipartFormDataContent form = new() { { part, "file", "film.mp4" } };
        using HttpRequestMessage request = new(HttpMethod.Post, "clips") { Content = form, Headers = { { "Prefer", "respond-async" } } };
        using HttpResponseMessage response = await service.Http.SendAsync(request, cancellationToken);
        if (response.StatusCode is not HttpStatusCode.Accepted)
            throw new BenchmarkException($"The service answered {(int)response.StatusCode} where 202 was wanted: {await response.Content.ReadAsStringAsync(cancellationToken)}");
        using JsonDocument job = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
        return new FilmJob(service, $"jobs/{job.RootElement.GetProperty("id").GetString()}");
    }

    public async Task<JobMoment> GetAsync(CancellationToken cancellationToken) => JobMoment.Parse(await service.Http.GetStringAsync(address, cancellationToken));

    /// <summary>Watches the job until so many of its scenes are embedded, or until it has ended.</summary>
    /// <param name="share">Of its scenes, 0 to 1; null: to its end.</param>
    /// <returns>All it said, the last one last.</returns>
    /// <exception cref="BenchmarkException">It ended otherwise than wanted.</exception>
    public async Task<IReadOnlyList<JobMoment>> WatchAsync(double? share, CancellationToken cancellationToken)
    {
        const string Data = "data: ";
        using HttpRequestMessage request = new(HttpMethod.Get, address) { Headers = { Accept = { new MediaTypeWithQualityHeaderValue("text/event-stream") } } };
        using HttpResponseMessage response = await service.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync(cancellationToken));
        List<JobMoment> moments = [];
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (!line.StartsWith(Data, StringComparison.Ordinal))
                continue;
            moments.Add(JobMoment.Parse(line[Data.Length..]));
            if (share is { } wanted && moments[^1] is { State: "running", ScenesTotal: { } total } now && now.ScenesDone >= wanted * total && now.ScenesDone > 0)
                return moments;
        }
        return share is null && moments is [.., { State: "succeeded" }]
            ? moments
            : throw new BenchmarkException($"The job has ended, or its events have: {(moments is [.., var last] ? last : "no event")}");
    }

    /// <summary>Asks for the job's end; on return the service has answered.</summary>
    public async Task<JobMoment> CancelAsync(CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await service.Http.DeleteAsync(address, cancellationToken);
        response.EnsureSuccessStatusCode();
        return JobMoment.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
    }
}

/// <summary>A job as it was told.</summary>
/// <param name="Timestamp">When that arrived here, by <see cref="Stopwatch"/>.</param>
/// <param name="RunSeconds">From its start to its end by the service's clock; null before.</param>
internal sealed record JobMoment(long Timestamp, string State, int ScenesDone, int? ScenesTotal, double? RunSeconds, string Text)
{
    public static JobMoment Parse(string json)
    {
        long now = Stopwatch.GetTimestamp();
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement job = document.RootElement, progress = job.GetProperty("progress"), total = progress.GetProperty("scenesTotal");
        JsonElement started = job.GetProperty("startedAt"), ended = job.GetProperty("endedAt");
        bool hasRun = started.ValueKind is JsonValueKind.String && ended.ValueKind is JsonValueKind.String;
        return new JobMoment(now, job.GetProperty("state").GetString()!, progress.GetProperty("scenesDone").GetInt32(),
            total.ValueKind is JsonValueKind.Number ? total.GetInt32() : null,
            hasRun ? (ended.GetDateTimeOffset() - started.GetDateTimeOffset()).TotalSeconds : null, json);
    }

    public override string ToString() => Text;
}
