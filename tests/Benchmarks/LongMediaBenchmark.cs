using CavMae.Benchmarks.Library;
using CavMae.Benchmarks.Reporting;
using CavMae.Benchmarks.Running;

namespace CavMae.Benchmarks;

/// <summary>Long videos as jobs: whether memory and time for each scene depend on the length, and how fast one is cancelled.</summary>
internal static class LongMediaBenchmark
{
    private const string Size = "320x240";

    /// <summary>More memory than for a minute, in MB: when each packet is shown, and vectors; the film itself streams.</summary>
    private const double MostMoreMegabytes = 100;

    /// <summary>Of the time for each scene: noise of the machine.</summary>
    private const double MostTimeGrowth = 1.10;

    /// <summary>Shares of the video at which it is cancelled, one after another.</summary>
    private static readonly double[] CancelAt = [0.5, 0.05, 0.1];

    private static readonly TimeSpan MostCancelTime = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(Workspace workspace, Report report, LibrarySizes sizes, CancellationToken cancellationToken)
    {
        report.Section("Long videos",
            $"Videos ({Size.Replace("x", " × ", StringComparison.Ordinal)}, 25 frames a second, H.264 and AAC), one minute of moving pictures and sound and the same packets again and again, uploaded with `Prefer: respond-async`, "
            + "one at a time, each to a service started for it that has taken in another minute before; demo model. Medians, and least to most in brackets. *Run*: from the job's start to its end by the service's clock; *processor*: "
            + "seconds of the service, with receiving the upload, and of its ffmpeg (utime + stime, cutime + cstime of /proc/PID/stat). *MB*: most that the service, and one ffmpeg, held since it was started (VmHWM).");
        report.Progress("  making the videos");
        Bundle bundle = await Bundle.OpenDemoAsync(cancellationToken);
        string minute = await Film.MakeMinuteAsync(workspace, Size, sineHz: 440, cancellationToken), warmUp = await Film.MakeMinuteAsync(workspace, Size, sineHz: 660, cancellationToken);
        string step = await Film.RepeatAsync(workspace, minute, sizes.StepMinutes, cancellationToken), film = await Film.RepeatAsync(workspace, minute, sizes.LongMinutes, cancellationToken);
        List<FilmRun> minutes = [], steps = [], longs = [];
        for (int turn = 1; turn <= sizes.ShortTurns; turn++)
        {
            await MeasureAsync(minutes, minute, "1 min");
            await MeasureAsync(steps, step, $"{sizes.StepMinutes} min");
            // Spread over the turns, in their middles.
            if (((turn * sizes.LongTurns) + (sizes.ShortTurns / 2)) / sizes.ShortTurns > longs.Count)
                await MeasureAsync(longs, film, $"{sizes.LongMinutes} min");
        }
        report.Table(["video|", "turns", "scenes", "run, s", "processor of service, s", "of ffmpeg, s", "service, MB", "ffmpeg, MB"],
            [ToRow("1 min", minutes), ToRow($"{sizes.StepMinutes.Format()} min", steps), ToRow($"{sizes.LongMinutes.Format()} min", longs)]);
        ReportGrowth(report, sizes, minutes, steps, longs);
        await MeasureCancelAsync(workspace, report, bundle, film, cancellationToken);

        async Task MeasureAsync(List<FilmRun> runs, string path, string name)
        {
            runs.Add(await FilmRun.MeasureAsync(workspace, bundle, warmUp, path, cancellationToken));
            report.Progress(FormattableString.Invariant($"    {name}: {runs[^1].RunSeconds:0.00} s, processor {runs[^1].ProcessorSeconds:0.00} s, {runs[^1].PeakMegabytes:0} MB"));
        }
    }

    private static void ReportGrowth(Report report, LibrarySizes sizes, List<FilmRun> minutes, List<FilmRun> steps, List<FilmRun> longs)
    {
        string all = $"{sizes.LongMinutes.Format()} min", few = $"{sizes.StepMinutes.Format()} min";
        (string Name, Func<FilmRun, double> Figure)[] costs =
            [("run", run => run.RunSeconds), ("processor time", run => run.ProcessorSeconds), ("processor time of the service", run => run.ServiceSeconds), ("processor time of ffmpeg", run => run.FfmpegSeconds)];
        List<string[]> rows = [];
        foreach ((string name, Func<FilmRun, double> figure) in costs)
        {
            double shortMilliseconds = 1000 * (Median(steps, figure) - Median(minutes, figure)) / (steps[0].Scenes - minutes[0].Scenes);
            double longMilliseconds = 1000 * (Median(longs, figure) - Median(minutes, figure)) / (longs[0].Scenes - minutes[0].Scenes);
            double ratio = longMilliseconds / shortMilliseconds;
            rows.Add([name, shortMilliseconds.Format("0.0"), longMilliseconds.Format("0.0"), ratio.Format("0.00")]);
            if (name is "run" or "processor time")
                report.Aim($"long: {name} for each scene, {all} ÷ {few}, both less a minute's", $"flat (≤ {MostTimeGrowth.Format("0.00")})",
                    $"{longMilliseconds.Format("0.0")} ms ÷ {shortMilliseconds.Format("0.0")} ms = {ratio.Format("0.00")}", shortMilliseconds > 0 && ratio <= MostTimeGrowth);
        }
        report.Note("Milliseconds for each scene, fixed costs taken off: what a video takes more than one of a minute, for each scene it has more.");
        report.Table(["|", few, all, "ratio"], rows);
        const double Part = 1.0 / 6;
        Samples first = new(), last = new();
        longs.ForEach(run => first.Add(1000 * run.SecondsPerScene(0, Part)));
        longs.ForEach(run => last.Add(1000 * run.SecondsPerScene(1 - Part, 1)));
        report.Note($"Within the {all}, by the job's events: {first.Median.Format("0.0")} ms for each scene of its first sixth, {last.Median.Format("0.0")} ms of its last.");
        double memory = Median(longs, run => run.PeakMegabytes), memoryOfMinute = Median(minutes, run => run.PeakMegabytes);
        double ffmpeg = Median(longs, run => run.PeakChildMegabytes), ffmpegOfMinute = Median(minutes, run => run.PeakChildMegabytes);
        report.Aim($"long: peak memory of the service, {all} and 1 min", $"≤ {MostMoreMegabytes.Format("0")} MB more",
            $"{memory.Format("0")} MB and {memoryOfMinute.Format("0")} MB", memory - memoryOfMinute <= MostMoreMegabytes);
        report.Aim($"long: peak memory of its ffmpeg, {all} and 1 min", $"≤ {MostMoreMegabytes.Format("0")} MB more",
            $"{ffmpeg.Format("0")} MB and {ffmpegOfMinute.Format("0")} MB", ffmpeg > 0 && ffmpeg - ffmpegOfMinute <= MostMoreMegabytes);
    }

    private static async Task MeasureCancelAsync(Workspace workspace, Report report, Bundle bundle, string film, CancellationToken cancellationToken)
    {
        report.Progress("  cancelling");
        string data = workspace.NewFolder("data");
        await using ServiceProcess service = await ServiceProcess.StartAsync(bundle, data, cancellationToken);
        List<FilmCancel> cancels = [];
        foreach (double share in CancelAt)
            cancels.Add(await FilmCancel.MeasureAsync(service, data, film, share, cancellationToken));
        report.Note("`DELETE` of the long video's job while it runs: milliseconds from the request until it was answered, until the service had no child, and until the jobs folder was empty; "
            + "*left*: clips, files of media, uploads and jobs, and temporary folders afterwards.");
        report.Table(["scenes done|", "state|", "answer", "no ffmpeg", "no file", "left"],
            cancels.Select(cancel => new[] { $"{cancel.ScenesDone.Format()} of {cancel.ScenesTotal.Format()}", cancel.State, Milliseconds(cancel.Answer), Milliseconds(cancel.NoFfmpeg), Milliseconds(cancel.NoFile), cancel.Left.Format() }));
        TimeSpan?[] times = [.. cancels.SelectMany(cancel => new TimeSpan?[] { cancel.Answer, cancel.NoFfmpeg, cancel.NoFile })];
        report.Aim("long: cancelled, all of it gone", $"< {MostCancelTime.TotalSeconds.Format("0")} s, nothing left",
            times.Contains(null) ? "never" : $"{Milliseconds(times.Max())} ms, {cancels.Sum(cancel => cancel.Left).Format()} left", cancels.TrueForAll(cancel => cancel.IsWithin(MostCancelTime)));
    }

    private static string Milliseconds(TimeSpan? time) => time is { } known ? known.TotalMilliseconds.Format("0") : "never";

    private static string[] ToRow(string name, List<FilmRun> runs)
    {
        return [name, runs.Count.Format(), runs[0].Scenes.Format(), Spread(run => run.RunSeconds, "0.00"), Spread(run => run.ServiceSeconds, "0.00"), Spread(run => run.FfmpegSeconds, "0.00"),
            Spread(run => run.PeakMegabytes, "0"), Spread(run => run.PeakChildMegabytes, "0")];

        string Spread(Func<FilmRun, double> figure, string format)
        {
            Samples samples = Over(runs, figure);
            return $"{samples.Median.Format(format)} ({samples.Best.Format(format)} to {samples.Worst.Format(format)})";
        }
    }

    private static double Median(List<FilmRun> runs, Func<FilmRun, double> figure) => Over(runs, figure).Median;

    private static Samples Over(List<FilmRun> runs, Func<FilmRun, double> figure)
    {
        Samples samples = new();
        runs.ForEach(run => samples.Add(figure(run)));
        return samples;
    }
}
