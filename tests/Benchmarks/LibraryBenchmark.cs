using System.Diagnostics;
using CavMae.Benchmarks.Library;
using CavMae.Benchmarks.Reporting;
using CavMae.Benchmarks.Running;

namespace CavMae.Benchmarks;

/// <summary>Many clips indexed by the command line: how fast, in how much memory, and what twenty kills do to it.</summary>
internal static class LibraryBenchmark
{
    /// <summary>How much more memory many clips may take than few: noise of the garbage collector, not something that grows with them.</summary>
    private const double MostGrowth = 1.25;

    private static readonly TimeSpan MemoryInterval = TimeSpan.FromMilliseconds(50);

    public static async Task RunAsync(Workspace workspace, Report report, IndexedLibrary library, LibrarySizes sizes, CancellationToken cancellationToken)
    {
        report.Section($"{sizes.Clips.Format()} clips",
            $"Made-up clips of 3 s (160 × 120, 10 frames a second, H.264 and AAC), each with other content, indexed by `cavmae index FOLDER --parallel {IndexRun.Parallelism.Format()}` "
            + "with the demo model into the embedded store, a process of its own. Seconds since that was started; *clips/s* since the row before; MB: most that its process held since its start "
            + "as the system counts it (VmHWM), most that its ffmpeg processes together held until then (resident set, looked at every "
            + $"{MemoryInterval.TotalMilliseconds.Format("0")} ms) and most that one of them did (VmHWM at the last look).");
        report.Progress("  writing the clips");
        long start = Stopwatch.GetTimestamp();
        Bundle bundle = await Bundle.OpenDemoAsync(cancellationToken);
        string clips = await library.GetClipsAsync(workspace, sizes, cancellationToken);
        report.Note($"Making the clips took {Stopwatch.GetElapsedTime(start).TotalSeconds.Format("0")} s, {(Directory.GetFiles(clips).Sum(path => new FileInfo(path).Length) / 1e6).Format("0")} MB.");
        await MeasureWholeAsync(workspace, report, bundle, clips, library, sizes, cancellationToken);
        try
        {
            await new KilledLibrary(workspace, report, bundle, clips, sizes).RunAsync(cancellationToken);
        }
        finally
        {
            Leftovers.Kill(workspace);
        }
    }

    private static async Task MeasureWholeAsync(Workspace workspace, Report report, Bundle bundle, string clips, IndexedLibrary library, LibrarySizes sizes, CancellationToken cancellationToken)
    {
        report.Progress("  indexing them, uninterrupted");
        string data = workspace.NewFolder("data");
        List<string[]> rows = [];
        double first = 0, last = 0, secondsBefore = 0;
        int clipsBefore = 0;
        long start = Stopwatch.GetTimestamp();
        await using IndexRun run = IndexRun.Start(bundle, clips, data, IndexedLibrary.TemporaryFolder(workspace));
        MemoryWatch memory = new(run.Process, MemoryInterval);
        await using (memory)
        {
            while (await run.ReadAsync(cancellationToken))
            {
                int count = run.Indexed.Count;
                if (count == clipsBefore || !sizes.Milestones.Contains(count))
                    continue;
                double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                last = memory.PeakSinceStartMegabytes;
                first = first == 0 ? last : first;
                rows.Add([count.Format(), seconds.Format("0.0"), ((count - clipsBefore) / (seconds - secondsBefore)).Format("0.0"),
                    last.Format("0"), memory.PeakChildrenMegabytes.Format("0"), memory.PeakOfOneChildMegabytes.Format("0")]);
                report.Progress($"    {string.Join(", ", rows[^1])}");
                (clipsBefore, secondsBefore) = (count, seconds);
            }
            await run.FinishAsync(cancellationToken);
        }
        report.Table(["clips", "seconds", "clips/s", "process, MB", "ffmpeg, MB", "one ffmpeg, MB"], rows);
        report.Note($"{(clipsBefore / secondsBefore).Format("0.0")} clips a second over all, the program's start included.");
        report.Aim($"library: clips indexed uninterrupted of {sizes.Clips.Format()}", sizes.Clips.Format(), run.Indexed.Count.Format(), run.Indexed.Count == sizes.Clips);
        report.Aim($"library: peak memory of `cavmae index` after {sizes.Clips.Format()} clips ÷ after {sizes.Milestones[0].Format()}", $"flat (≤ {MostGrowth.Format("0.00")})",
            $"{last.Format("0")} MB ÷ {first.Format("0")} MB = {(last / first).Format("0.00")}", first > 0 && last <= MostGrowth * first);
        library.Data = data;
    }
}
