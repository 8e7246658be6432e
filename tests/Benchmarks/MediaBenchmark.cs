using System.Diagnostics;
using System.Net.Http.Headers;
using CavMae.Benchmarks.Reporting;
using CavMae.Benchmarks.Running;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.DependencyInjection;

namespace CavMae.Benchmarks;

/// <summary>Decoding by itself, and whether the service's memory depends on a file's length.</summary>
internal static class MediaBenchmark
{
    private const int Turns = 15;

    /// <summary>How much more memory an hour may take than a minute: noise of the garbage collector, not something that grows with the file.</summary>
    private const double MostGrowth = 1.25;

    public static async Task RunAsync(Workspace workspace, Report report, CancellationToken cancellationToken)
    {
        await MeasureDecodeAsync(workspace, report, cancellationToken);
        await MeasureMemoryAsync(workspace, report, cancellationToken);
    }

    private static async Task MeasureDecodeAsync(Workspace workspace, Report report, CancellationToken cancellationToken)
    {
        report.Section("Decoding", $"From a file to its scenes, nothing encoded: one ffprobe, then one ffmpeg; milliseconds, medians of {Turns.Format()} turns.");
        await using ServiceProvider services = await LocalServices.OpenAsync(workspace, workspace.Tiny, cancellationToken);
        MediaDecoder decoder = services.GetRequiredService<MediaDecoder>();
        List<string[]> rows = [];
        foreach (string clip in Workspace.Clips)
        {
            Samples probe = new(), decode = new();
            TimeSpan duration = TimeSpan.Zero;
            for (int turn = 0; turn < Turns; turn++)
            {
                MediaSource source = await probe.TimeAsync(() => decoder.OpenAsync(clip, cancellationToken));
                duration = source.Info.Duration;
                await decode.TimeAsync(() => CountAsync(decoder.DecodeAsync(source, MediaStreams.All, cancellationToken)));
            }
            double whole = probe.Median + decode.Median;
            rows.Add([Path.GetFileName(clip), duration.TotalSeconds.Format("0.0"), whole.Format("0"), probe.Median.Format("0"), decode.Median.Format("0"),
                (100 * probe.Median / whole).Format("0") + " %", (1000 * duration.TotalSeconds / whole).Format("0")]);
        }
        report.Table(["clip|", "seconds", "whole", "probe", "decode", "probe's share", "times real time"], rows);
    }

    private static async Task<int> CountAsync(IAsyncEnumerable<Scene> scenes)
    {
        int count = 0;
        await foreach (Scene _ in scenes)
            count++;
        return count;
    }

    private static async Task MeasureMemoryAsync(Workspace workspace, Report report, CancellationToken cancellationToken)
    {
        report.Section("Memory and length", "The service as a process of its own takes files over HTTP (`POST /api/v1/clips`): 640 × 360 pixels, 25 frames a second, with sound; tiny model; "
            + "most memory held while it works (resident set), the service and its ffmpeg processes apart.");
        string minute = await Film.MakeMinuteAsync(workspace, "640x360", sineHz: 440, cancellationToken);
        string hour = await Film.RepeatAsync(workspace, minute, times: 60, cancellationToken);
        await using ServiceProcess service = await ServiceProcess.StartAsync(workspace.Tiny, workspace.NewFolder("data"), cancellationToken);
        List<string[]> rows = [];
        double ofMinute = 0, ofHour = 0;
        foreach ((string name, string file) in new[] { ("1 min (first)", minute), ("1 min", minute), ("1 min", minute), ("60 min", hour), ("1 min", minute) })
        {
            report.Progress($"  {name}");
            long start = Stopwatch.GetTimestamp();
            MemoryWatch memory = new(service.Process);
            await using (memory)
                await UploadAsync(service, file, cancellationToken);
            rows.Add([name, (new FileInfo(file).Length / 1e6).Format("0.0"), Stopwatch.GetElapsedTime(start).TotalSeconds.Format("0.0"), memory.PeakMegabytes.Format("0"), memory.PeakChildrenMegabytes.Format("0")]);
            if (file == hour)
                ofHour = memory.PeakMegabytes;
            else if (ofHour == 0)
                ofMinute = memory.PeakMegabytes;
        }
        report.Table(["file|", "MB", "seconds", "service, MB", "ffmpeg, MB"], rows);
        report.Aim("media: memory of the service, 60 min ÷ 1 min", $"flat (≤ {MostGrowth.Format("0.00")})", $"{ofHour.Format("0")} MB ÷ {ofMinute.Format("0")} MB = {(ofHour / ofMinute).Format("0.00")}", ofHour <= MostGrowth * ofMinute);
    }

    private static async Task UploadAsync(ServiceProcess service, string file, CancellationToken cancellationToken)
    {
        await using FileStream content = File.OpenRead(file);
        StreamContent part = new(content);
        part.Headers.ContentType = new MediaTypeHeaderValue("video/mp4");
        using MultipartFormDataContent form = new() { { part, "file", "clip.mp4" }, { new StringContent("measured"), "id" } };
        using HttpResponseMessage response = await service.Http.PostAsync("clips", form, cancellationToken);
        if (!response.IsSuccessStatusCode)
            throw new BenchmarkException($"The service answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(cancellationToken)}");
        using HttpResponseMessage deleted = await service.Http.DeleteAsync("clips/measured", cancellationToken);
        deleted.EnsureSuccessStatusCode();
    }
}
