using System.Diagnostics;
using CavMae.Benchmarks.Running;
using CavMae.Benchmarks.Throughput;

namespace CavMae.Benchmarks.Library;

/// <summary>One video taken in as a job by a service started for it, and what that cost.</summary>
/// <param name="Scenes">Scenes of the video.</param>
/// <param name="RunSeconds">From the job's start to its end, by the service's clock.</param>
/// <param name="ServiceSeconds">Processor seconds of the service itself, receiving the upload included.</param>
/// <param name="FfmpegSeconds">Processor seconds of its children.</param>
/// <param name="PeakMegabytes">Most the service held since its start (VmHWM).</param>
/// <param name="PeakChildMegabytes">Most that one of its children held since its start (VmHWM).</param>
/// <param name="Moments">What the job's events said.</param>
internal sealed record FilmRun(int Scenes, double RunSeconds, double ServiceSeconds, double FfmpegSeconds, double PeakMegabytes, double PeakChildMegabytes, IReadOnlyList<JobMoment> Moments)
{
    private static readonly TimeSpan MemoryInterval = TimeSpan.FromMilliseconds(50);

    public double ProcessorSeconds => ServiceSeconds + FfmpegSeconds;

    /// <param name="warmUp">A video of other content, taken in before.</param>
    public static async Task<FilmRun> MeasureAsync(Workspace workspace, Bundle bundle, string warmUp, string film, CancellationToken cancellationToken)
    {
        string data = workspace.NewFolder("data");
        FilmRun run;
        await using (ServiceProcess service = await ServiceProcess.StartAsync(bundle, data, cancellationToken))
        {
            MemoryWatch memory = new(service.Process, MemoryInterval);
            ProcessorTime spent;
            IReadOnlyList<JobMoment> moments;
            await using (memory)
            {
                await (await FilmJob.SendAsync(service, warmUp, cancellationToken)).WatchAsync(null, cancellationToken);
                ProcessorTime before = ProcessorTime.Of(service.Process);
                moments = await (await FilmJob.SendAsync(service, film, cancellationToken)).WatchAsync(null, cancellationToken);
                spent = ProcessorTime.Of(service.Process) - before;
                // One more look, so that the last peak is in it.
                await Task.Delay(2 * MemoryInterval, cancellationToken);
            }
            run = new FilmRun(moments[^1].ScenesDone, moments[^1].RunSeconds!.Value, spent.OwnSeconds, spent.ChildrenSeconds,
                memory.PeakSinceStartMegabytes, memory.PeakOfOneChildMegabytes, moments);
        }
        Directory.Delete(data, recursive: true);
        return run;
    }

    /// <summary>Seconds for each scene between two shares of the video, by the job's events.</summary>
    public double SecondsPerScene(double fromShare, double toShare)
    {
        JobMoment first = Moments.First(moment => moment.ScenesDone >= Math.Max(1, fromShare * Scenes)), last = Moments.First(moment => moment.ScenesDone >= toShare * Scenes);
        return Stopwatch.GetElapsedTime(first.Timestamp, last.Timestamp).TotalSeconds / (last.ScenesDone - first.ScenesDone);
    }
}
