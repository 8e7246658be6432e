using System.Diagnostics;
using CavMae.Benchmarks.Reporting;
using CavMae.Benchmarks.Running;

namespace CavMae.Benchmarks.Library;

/// <summary>Indexing that is killed (SIGKILL) at random moments while clips come in, and started again each time; then looked at from all sides.</summary>
internal sealed class KilledLibrary(Workspace workspace, Report report, Bundle bundle, string clips, LibrarySizes sizes)
{
    private const int Seed = 20;

    /// <summary>The last kill falls before this share of the clips is stored, so that there is something left to do.</summary>
    private const double LastKill = 0.95;

    /// <summary>A kill falls up to so long after a clip was reported: at any step of the next ones.</summary>
    private const int MostMillisecondsAfterReport = 250;

    private static readonly TimeSpan OrphanLimit = TimeSpan.FromSeconds(10);

    private readonly string data = workspace.NewFolder("data");
    private readonly string temporary = IndexedLibrary.TemporaryFolder(workspace);
    private readonly DecodeCount decodes = new(workspace);
    private readonly Random random = new(Seed);
    private readonly HashSet<string> reported = new(StringComparer.Ordinal);
    private readonly List<string[]> rows = [];
    private readonly Samples orphanSeconds = new();
    private StoreContent stored = new(new HashSet<string>(), 0, 0, 0, 0, 0, 0);
    private int lost, unreported, mostForNothing, defects, orphansLeft;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        report.Section($"{sizes.Kills.Format()} kills",
            $"The same clips into a second data folder; `kill -9` to the process alone, at moments drawn at random (seed {Seed.Format()}): after a number of further clips was reported, "
            + $"and up to {MostMillisecondsAfterReport.Format()} ms. After each kill the database is read past the program, from a copy. *Reported*: clips this run said were stored, also those read after the kill; "
            + "*in the store*: those that are there after it, each reported one looked for by its id. *Begun*: clips this run began to decode, counted by an ffmpeg that notes each start and then "
            + "becomes the real one. *For nothing*: begun less new in the store, so at most the clips in flight. *ffmpeg gone*: milliseconds after the kill until no process of it is left.");
        report.Progress("  indexing them with kills");
        int kill = 0;
        foreach (int target in DrawTargets())
            await RunKilledAsync(++kill, target, cancellationToken);
        int before = stored.ClipIds.Count, present;
        await using (IndexRun run = IndexRun.Start(bundle, clips, data, temporary, decodes.Folder))
        {
            present = await run.FinishAsync(cancellationToken);
            reported.UnionWith(run.Indexed);
            stored = StoreContent.Read(workspace, data);
            lost += run.Indexed.Except(stored.ClipIds).Count();
            rows.Add(["end", before.Format(), run.Indexed.Count.Format(), stored.ClipIds.Count.Format(), "", "", "", ""]);
        }
        report.Table(["kill|", "stored before", "reported", "in the store", "not reported", "begun", "for nothing", "ffmpeg gone"], rows);
        ReportEmbeddings(before, present);
        await new LibraryCheck(workspace, report, bundle, sizes.Clips, data, temporary).RunAsync(stored, cancellationToken);
    }

    /// <summary>Numbers of stored clips at which it is killed: distinct, ascending.</summary>
    private IEnumerable<int> DrawTargets()
    {
        int[] numbers = [.. Enumerable.Range(1, (int)(LastKill * sizes.Clips))];
        random.Shuffle(numbers);
        return numbers.Take(sizes.Kills).Order();
    }

    private async Task RunKilledAsync(int kill, int target, CancellationToken cancellationToken)
    {
        StoreContent before = stored;
        int begunBefore = decodes.Begun, wanted = Math.Max(1, target - before.ClipIds.Count);
        await using IndexRun run = IndexRun.Start(bundle, clips, data, temporary, decodes.Folder);
        while (run.Indexed.Count < wanted)
            if (!await run.ReadAsync(cancellationToken))
                throw new BenchmarkException($"cavmae index ended by itself before kill {kill}; there are too few clips for so many kills.");
        await Task.Delay(random.Next(MostMillisecondsAfterReport), cancellationToken);
        long killed = Stopwatch.GetTimestamp();
        await run.KillAsync(cancellationToken);
        TimeSpan? gone = await Leftovers.WaitAsync(() => Leftovers.FindProcesses(workspace.FullPath).Count == 0, killed, OrphanLimit, cancellationToken);
        orphanSeconds.Add((gone ?? OrphanLimit).TotalSeconds);
        orphansLeft += gone is null ? Leftovers.FindProcesses(workspace.FullPath).Count : 0;
        Leftovers.Kill(workspace);

        stored = StoreContent.Read(workspace, data);
        reported.UnionWith(run.Indexed);
        lost += before.ClipIds.Union(run.Indexed).Except(stored.ClipIds).Count();
        int added = stored.ClipIds.Except(before.ClipIds).Count(), begun = decodes.Begun - begunBefore;
        unreported += added - run.Indexed.Count;
        mostForNothing = Math.Max(mostForNothing, begun - added);
        defects += stored.Defects;
        rows.Add([kill.Format(), before.ClipIds.Count.Format(), run.Indexed.Count.Format(), stored.ClipIds.Count.Format(), (added - run.Indexed.Count).Format(), begun.Format(), (begun - added).Format(),
            gone is { } time ? time.TotalMilliseconds.Format("0") : "never"]);
        report.Progress($"    kill {string.Join(", ", rows[^1])}");
    }

    private void ReportEmbeddings(int before, int present)
    {
        int begun = decodes.Begun, again = begun - sizes.Clips, mostAgain = sizes.Kills * IndexRun.Parallelism;
        report.Note("What a clip's embedding costs begins with its decoding, and each decoding is noted by the ffmpeg it starts, so that over all runs "
            + $"clips begun ({begun.Format()}) less clips ({sizes.Clips.Format()}) is the most that can have been embedded again; in flight are {IndexRun.Parallelism.Format()} at each of {sizes.Kills.Format()} kills. "
            + $"{reported.Count.Format()} clips were reported as stored by the runs, {unreported.Format()} were stored and killed before they could be.");
        report.Aim("kills: clips reported as stored, or stored before, that were missing after a kill or at the end", "0", lost.Format(), lost == 0);
        report.Aim("kills: clips begun again beyond those in flight", $"≤ {IndexRun.Parallelism.Format()} at each kill, ≤ {mostAgain.Format()} in all",
            $"{mostForNothing.Format()} at most; {begun.Format()} begun for {sizes.Clips.Format()} clips: {again.Format()} again", again >= 0 && again <= mostAgain && mostForNothing <= IndexRun.Parallelism);
        report.Aim("kills: the last run's \"already there\" = clips in the store after the last kill", before.Format(), present.Format(), present == before);
        report.Aim("kills: orphan scenes, uneven clips, bad vectors or damage in the database after a kill", "0", defects.Format(), defects == 0);
        report.Aim("kills: ffmpeg processes still there 10 s after a kill (longest until all were gone)", "0", $"{orphansLeft.Format()} ({(1000 * orphanSeconds.Worst).Format("0")} ms)", orphansLeft == 0);
    }
}
