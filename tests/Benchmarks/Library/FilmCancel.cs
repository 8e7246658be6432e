using System.Diagnostics;
using System.Text.Json;
using CavMae.Benchmarks.Running;

namespace CavMae.Benchmarks.Library;

/// <summary>What is left of a job that was cancelled, and how long after the request: null where it is still there at <see cref="Limit"/>.</summary>
/// <param name="Answer">Until the service answered.</param>
/// <param name="NoFfmpeg">Until the service had no child.</param>
/// <param name="NoFile">Until the jobs folder was empty.</param>
/// <param name="State">The job's state in the answer.</param>
/// <param name="ScenesDone">Scenes it had embedded, of <paramref name="ScenesTotal"/>.</param>
/// <param name="Left">Clips, files of media and of uploads, and temporary folders that are left of it.</param>
internal sealed record FilmCancel(TimeSpan Answer, TimeSpan? NoFfmpeg, TimeSpan? NoFile, string State, int ScenesDone, int ScenesTotal, int Left)
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public bool IsWithin(TimeSpan most) => Answer < most && NoFfmpeg < most && NoFile < most && State == "cancelled" && Left == 0;

    /// <param name="share">How much of the video is embedded when it is cancelled.</param>
    public static async Task<FilmCancel> MeasureAsync(ServiceProcess service, string data, string film, double share, CancellationToken cancellationToken)
    {
        FilmJob job = await FilmJob.SendAsync(service, film, cancellationToken);
        await job.WatchAsync(share, cancellationToken);
        if (!MemoryWatch.FindChildren(service.Process.Id).Any())
            throw new BenchmarkException("No ffmpeg runs in the middle of a video: there is nothing to cancel.");
        long start = Stopwatch.GetTimestamp();
        Task<TimeSpan?> noFfmpeg = WaitAsync(() => !MemoryWatch.FindChildren(service.Process.Id).Any());
        Task<TimeSpan?> noFile = WaitAsync(() => Directory.GetFiles(Path.Combine(data, "jobs")).Length == 0);
        JobMoment ended = await job.CancelAsync(cancellationToken);
        TimeSpan answer = Stopwatch.GetElapsedTime(start);
        await Task.WhenAll(noFfmpeg, noFile);
        string temporary = service.Process.StartInfo.Environment["TMPDIR"]!;
        int left = StoreFiles(data, "media") + StoreFiles(data, "incoming") + StoreFiles(data, "jobs") + Directory.GetDirectories(temporary, "cavmae-*").Length
            + await CountClipsAsync(service, cancellationToken);
        return new FilmCancel(answer, await noFfmpeg, await noFile, ended.State, ended.ScenesDone, ended.ScenesTotal ?? 0, left);

        Task<TimeSpan?> WaitAsync(Func<bool> holds) => Task.Run(() => Leftovers.WaitAsync(holds, start, Limit, cancellationToken), cancellationToken);
    }

    private static int StoreFiles(string data, string folder) => Directory.GetFiles(Path.Combine(data, folder), "*", SearchOption.AllDirectories).Length;

    private static async Task<int> CountClipsAsync(ServiceProcess service, CancellationToken cancellationToken)
    {
        using JsonDocument list = JsonDocument.Parse(await service.Http.GetStringAsync("clips", cancellationToken));
        return list.RootElement.GetProperty("items").GetArrayLength();
    }
}
