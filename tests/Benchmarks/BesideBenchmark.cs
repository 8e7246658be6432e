using CavMae.Benchmarks.Library;
using CavMae.Benchmarks.Reporting;
using CavMae.Benchmarks.Running;
using CavMae.Benchmarks.Throughput;

namespace CavMae.Benchmarks;

/// <summary>Many searches at once while the service takes something in: whether one fails, and how much longer they wait.</summary>
internal static class BesideBenchmark
{
    private const int UploadingClients = 2;

    /// <summary>Clips that are uploaded and deleted again and again.</summary>
    private const int UploadedClips = 24;

    private const int WarmUps = 10;

    private static readonly double[] Percentiles = [50, 95, 99];

    public static async Task RunAsync(Workspace workspace, Report report, IndexedLibrary library, LibrarySizes sizes, CancellationToken cancellationToken)
    {
        report.Section("Searches beside ingest",
            $"{sizes.SearchesAtOnce.Format()} clients search at once with clips of 3 s, each again as soon as it was answered, {sizes.Searches.Format()} searches in all, every second one sound to pictures, the others pictures to sound, "
            + $"against a library of {sizes.Clips.Format()} clips (embedded store, demo model), "
            + $"{sizes.SearchTurns.Format()} turns of three loads: the searches alone; while a video of {sizes.BesideMinutes.Format()} min is taken in as a job (then cancelled); while {UploadingClients.Format()} clients upload clips of 3 s, "
            + "each waiting for its answer, and delete them again. Seconds; medians of the turns, and least to most in brackets. *Wall*: from the first request to the last answer; p50, p95, p99: how long clients waited. "
            + "*Times alone*: p95 over that of the searches alone of the same turn. *Done beside*: scenes of the video, or clips uploaded, while the searches ran. *Sent again*: requests answered 429 or 503, which clients send again after the time "
            + "the answer names (their wait includes that), searches + uploads; *failed*: those answered otherwise than with success in the end, the same. Sums of all turns.");
        Bundle bundle = await Bundle.OpenDemoAsync(cancellationToken);
        report.Progress("  making the library, clips and the video");
        string data = await library.GetDataAsync(workspace, bundle, sizes, cancellationToken);
        string clips = await library.GetClipsAsync(workspace, sizes, cancellationToken);
        IReadOnlyList<string> queries = ShortClips.PathsIn(clips);
        Upload[] searches = [.. Enumerable.Range(0, sizes.Searches).Select(i => new Upload(i % 2 == 0 ? "search/audio-to-video" : "search/video-to-audio", queries[i % queries.Count]))];
        string uploads = await ShortClips.MakeAsync(workspace, first: sizes.Clips, UploadedClips, cancellationToken);
        string minute = await Film.MakeMinuteAsync(workspace, "320x240", sineHz: 550, cancellationToken);
        IBesideWork[] works = [new NoWork(), new LongJobWork(await Film.RepeatAsync(workspace, minute, sizes.BesideMinutes, cancellationToken)), new UploadWork(ShortClips.PathsIn(uploads), UploadingClients)];

        List<(LoadResult Load, BesideResult Beside)>[] turns = [.. works.Select(_ => new List<(LoadResult, BesideResult)>())];
        await using (ServiceProcess service = await ServiceProcess.StartAsync(bundle, data, cancellationToken))
        {
            await ClientLoad.RunAsync(service, searches[..WarmUps], clients: 1, cancellationToken);
            for (int turn = 0; turn < sizes.SearchTurns; turn++)
            {
                for (int i = 0; i < works.Length; i++)
                {
                    turns[i].Add(await MeasureAsync(service, works[i], searches, sizes.SearchesAtOnce, cancellationToken));
                    report.Progress(FormattableString.Invariant($"    beside {works[i].Name}: {turns[i][^1].Load.WallSeconds:0.00} s, p95 {turns[i][^1].Load.PercentileSeconds(95):0.00} s, {turns[i][^1].Beside.Done} done"));
                }
            }
        }
        report.Table(["beside|", "wall", "p50", "p95", "p99", "times alone", "done beside", "sent again", "failed"], works.Select((work, i) => ToRow(work.Name, turns[i], turns[0])));
        for (int i = 0; i < works.Length; i++)
        {
            string[] failures = [.. turns[i].SelectMany(turn => turn.Load.Failures.Concat(turn.Beside.Failures))];
            report.Aim($"beside: of {(sizes.Searches * sizes.SearchTurns).Format()} searches, {sizes.SearchesAtOnce.Format()} at once, beside {works[i].Name}: failed", "0",
                failures.Length == 0 ? "0" : $"{failures.Length.Format()}, such as {failures[0]}", failures.Length == 0);
        }
    }

    private static async Task<(LoadResult Load, BesideResult Beside)> MeasureAsync(ServiceProcess service, IBesideWork work, Upload[] searches, int clients, CancellationToken cancellationToken)
    {
        await work.StartAsync(service, cancellationToken);
        LoadResult load = await ClientLoad.RunAsync(service, searches, clients, isPatient: true, cancellationToken);
        return (load, await work.StopAsync(service, cancellationToken));
    }

    private static string[] ToRow(string name, List<(LoadResult Load, BesideResult Beside)> turns, List<(LoadResult Load, BesideResult Beside)> alone) =>
    [
        name, Spread(turns.Count, i => turns[i].Load.WallSeconds), .. Percentiles.Select(percent => Spread(turns.Count, i => turns[i].Load.PercentileSeconds(percent))),
        Spread(turns.Count, i => turns[i].Load.PercentileSeconds(95) / alone[i].Load.PercentileSeconds(95)), Over(turns.Count, i => turns[i].Beside.Done).Median.Format("0"),
        $"{turns.Sum(turn => turn.Load.Retries).Format()} + {turns.Sum(turn => turn.Beside.Retries).Format()}",
        $"{turns.Sum(turn => turn.Load.Failures.Count).Format()} + {turns.Sum(turn => turn.Beside.Failures.Count).Format()}",
    ];

    private static string Spread(int count, Func<int, double> figure)
    {
        Samples samples = Over(count, figure);
        return $"{samples.Median.Format("0.00")} ({samples.Best.Format("0.00")} to {samples.Worst.Format("0.00")})";
    }

    private static Samples Over(int count, Func<int, double> figure)
    {
        Samples samples = new();
        for (int i = 0; i < count; i++)
            samples.Add(figure(i));
        return samples;
    }
}
