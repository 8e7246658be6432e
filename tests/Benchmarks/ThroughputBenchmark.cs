using CavMae.Benchmarks.Reporting;
using CavMae.Benchmarks.Running;
using CavMae.Benchmarks.Throughput;

namespace CavMae.Benchmarks;

/// <summary>Many clips and many questions at once, against the service in a process of its own: how near it comes to what the processor must do anyway.</summary>
internal static class ThroughputBenchmark
{
    private const double MostOverWork = 1.10;

    private static readonly string[] CostHeadings =
        ["model|", "clips", "clients", "wall", "ffmpeg", "alone", "encoders", "service's rest", "client", "others", "idle", "ratio", "less others"];

    private static readonly string[] MemoryHeadings = ["peak service", "peak ffmpeg", "failed"];

    /// <param name="moreBundles">Folders of further model bundles to measure, beside the repository's demo model and a random ViT-B.</param>
    public static async Task RunAsync(Workspace workspace, Report report, IReadOnlyList<string> moreBundles, bool isQuick, CancellationToken cancellationToken)
    {
        int cores = Environment.ProcessorCount;
        report.Section("Throughput of the service",
            "Made-up clips of 10 s (224 × 224, 12.5 frames a second, H.264 and AAC), each with other content, sent to the service in a process of its own, "
            + $"fresh for each load, after {ClipSet.WarmUpCount.Format()} other requests; medians of three turns (one with ViT-B, or if quick). Seconds and MB. *Wall*: from the first request to the last answer. "
            + "*ffmpeg*: processor seconds of the service's child processes during the load (cutime + cstime of /proc/PID/stat); *alone*: the same files decoded one after another in the benchmark's process, measured the same way. "
            + "*Encoders*: processor seconds of the benchmark's process while it encodes the same scenes one after another and does nothing else; measured anew in each turn. "
            + "*Service's rest*: the service's own processor seconds less the encoders'. *Client*: those of the benchmark's process, which sends the files and watches the memory on the same cores. "
            + "*Others*: processor seconds of all other programs on the machine meanwhile; *idle*: core seconds in which nothing ran (both by /proc/stat). "
            + $"*Ratio* = wall ÷ ((ffmpeg + encoders) ÷ {cores.Format()} cores); *less others*: the same with the others' processor seconds taken off wall × cores. Peak memory is the resident set, ffmpeg's that of all its processes together.");
        report.Progress("  writing the clips");
        ClipSet clips = await ClipSet.CreateAsync(workspace, cancellationToken);
        List<Bundle> bundles = [await Bundle.OpenDemoAsync(cancellationToken), workspace.VitB];
        foreach (string folder in moreBundles)
            bundles.Add(await Bundle.OpenAsync(folder, cancellationToken));
        List<string[]> ingests = [], searches = [], firsts = [];
        foreach (Bundle bundle in bundles)
        {
            report.Progress($"  {bundle.Name}");
            ThroughputSizes sizes = ThroughputSizes.For(bundle, isQuick);
            BundleLoads loads = new(workspace, bundle, clips.Take(sizes.Clips), sizes, report.Progress);
            await loads.MeasureAsync(cancellationToken);
            foreach ((int clients, Series ingest) in loads.Ingests)
                ingests.Add([bundle.Name, sizes.Clips.Format(), clients.Format(), .. ingest.CostCells(), ingest.ClipsPerSecond, .. ingest.MemoryCells()]);
            searches.Add([bundle.Name, sizes.Clips.Format(), sizes.Clips.Format(), .. loads.Searches.CostCells(), .. loads.Searches.LatencyCells(), .. loads.Searches.MemoryCells()]);
            Series chosen = loads.Ingests[ThroughputSizes.UploadingClients];
            firsts.Add([bundle.Name, "ingest", .. chosen.FirstAndTenth()]);
            firsts.Add([bundle.Name, "search", .. loads.Searches.FirstAndTenth()]);
            Aim(report, $"ingest of {sizes.Clips.Format()} clips, {bundle.Name}", chosen);
            Aim(report, $"{sizes.Clips.Format()} searches at once, {bundle.Name}", loads.Searches);
        }
        report.Note("Ingest, by how many clients upload at once:");
        report.Table([.. CostHeadings, "clips/s", .. MemoryHeadings], ingests);
        report.Note("Searches, all sent at once, every second one sound to pictures, the others pictures to sound (p50, p95, p99: how long clients waited):");
        report.Table([.. CostHeadings, "p50", "p95", "p99", .. MemoryHeadings], searches);
        report.Note("The very first request to a service that has just started, and its tenth, one at a time (milliseconds):");
        report.Table(["model|", "request|", "first", "tenth"], firsts);
        await BatchSizes.RunAsync(workspace, bundles.Where(bundle => !(isQuick && ThroughputSizes.IsLarge(bundle))), clips, report, cancellationToken);
    }

    private static void Aim(Report report, string what, Series series) => report.Aim($"{what}: wall ÷ ((ffmpeg + encoders) ÷ cores), none fails",
        $"≤ {MostOverWork.Format("0.00")}", $"{series.Ratio.Median.Format("0.000")} ({series.RatioLessOthers.Median.Format("0.000")} less others' work), {series.Failures.Format()} failed",
        series.Ratio.Median <= MostOverWork && series.Failures == 0);
}
