using CavMae.Benchmarks.Reporting;
using CavMae.Benchmarks.Running;
using CavMae.Benchmarks.Throughput;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.DependencyInjection;

namespace CavMae.Benchmarks;

/// <summary>Many clips and many questions at once, against the service in a process of its own: how near it comes to what the processor must do anyway.</summary>
internal static class ThroughputBenchmark
{
    private const double MostOverWork = 1.10;

    /// <summary>Chosen by the first table: more gain nothing.</summary>
    private const int UploadingClients = 4;
    private static readonly int Turns = Environment.GetEnvironmentVariable("TP") == "demo" ? 1 : 3;

    /// <summary>A turn of ViT-B takes minutes, and most of it is the encoders.</summary>
    private const int TurnsOfLargeModel = 1;
    private static readonly int[] ClientCounts = [1, 2, 4, 8];

    public static async Task RunAsync(Workspace workspace, Report report, CancellationToken cancellationToken)
    {
        report.Section("Throughput of the service",
            $"{ClipSet.MeasuredCount.Format()} made-up clips of 10 s (224 × 224, 12.5 frames a second, H.264 and AAC), each with other content, sent to the service in a process of its own, "
            + $"fresh for each turn, after {ClipSet.WarmUpCount.Format()} other requests; medians of {Turns.Format()} turns ({TurnsOfLargeModel.Format()} with ViT-B). *Wall*: from the first request to the last answer. "
            + "*ffmpeg*: processor seconds of the service's child processes during the load (cutime + cstime of /proc/PID/stat); *alone*: the same files decoded one after another in the benchmark's process, measured the same way. "
            + "*Encoders*: processor seconds of the benchmark's process while it encodes the same scenes one after another and does nothing else; measured before each turn. "
            + "*Service's rest*: the service's own processor seconds less the encoders'. *Client*: those of the benchmark's process, which sends the files and watches the memory on the same cores. "
            + $"*Others*: processor seconds of all other programs on the machine meanwhile, *idle*: core seconds in which nothing ran (both by /proc/stat). "
            + $"*Ratio* = wall ÷ ((ffmpeg + encoders) ÷ {Environment.ProcessorCount.Format()} cores); *less others*: the same with the others' processor seconds taken off wall × cores. Peak memory is the resident set.");
        report.Progress("  writing the clips");
        ClipSet clips = await ClipSet.CreateAsync(workspace, cancellationToken);
        Bundle[] bundles = Environment.GetEnvironmentVariable("TP") == "demo" ? [await OpenDemoAsync(cancellationToken)] : [await OpenDemoAsync(cancellationToken), workspace.VitB];
        List<string[]> ingests = [], searches = [], firsts = [];
        foreach (Bundle bundle in bundles)
        {
            bool isLarge = bundle.Name == "vit-b";
            string data = "";
            foreach (int clients in isLarge ? [UploadingClients] : ClientCounts)
            {
                report.Progress($"  {bundle.Name}: ingest, {clients} clients");
                Series ingest = await MeasureAsync(() => data = workspace.NewFolder("data"), clips, IngestOf, clients);
                ingests.Add([bundle.Name, clients.Format(), .. ingest.ToCells()]);
                if (clients != UploadingClients)
                    continue;
                firsts.Add([bundle.Name, "ingest", .. ingest.FirstAndTenth()]);
                Aim(report, $"ingest of {ClipSet.MeasuredCount.Format()} clips, {bundle.Name}", ingest);
            }
            report.Progress($"  {bundle.Name}: search");
            Series search = await MeasureAsync(() => data, clips, SearchOf, ClipSet.MeasuredCount);
            searches.Add([bundle.Name, .. search.ToLatencyCells()]);
            firsts.Add([bundle.Name, "search", .. search.FirstAndTenth()]);
            Aim(report, $"{ClipSet.MeasuredCount.Format()} searches at once, {bundle.Name}", search);

            async Task<Series> MeasureAsync(Func<string> folder, ClipSet set, Func<string, int, (Upload, MediaStreams)> kind, int clients)
            {
                Series series = new();
                for (int turn = 0; turn < (isLarge ? TurnsOfLargeModel : Turns); turn++)
                    await series.AddTurnAsync(workspace, bundle, folder(), set, kind, clients, cancellationToken);
                return series;
            }
        }
        report.Note("Ingest, by how many clients upload at once (seconds, MB):");
        report.Table(["model|", "clients", "wall", "ffmpeg", "alone", "encoders", "service's rest", "client", "others", "idle", "ratio", "less others", "clips/s", "peak service", "peak ffmpeg", "failed"], ingests);
        report.Note($"{ClipSet.MeasuredCount.Format()} searches at once, every second one sound to pictures, the others pictures to sound (seconds, MB; p50, p95, p99: how long clients waited):");
        report.Table(["model|", "wall", "ffmpeg", "alone", "encoders", "service's rest", "client", "others", "idle", "ratio", "less others", "p50", "p95", "p99", "peak service", "peak ffmpeg", "failed"], searches);
        report.Note("The very first request to a service that has just started, and its tenth (milliseconds, one at a time):");
        report.Table(["model|", "request|", "first", "tenth"], firsts);
        await BatchSizes.RunAsync(workspace, bundles, clips, report, cancellationToken);
    }

    private static (Upload, MediaStreams) IngestOf(string path, int index) => (new Upload("clips", path), MediaStreams.All);

    private static (Upload, MediaStreams) SearchOf(string path, int index) => index % 2 == 0
        ? (new Upload("search/audio-to-video", path), MediaStreams.Audio)
        : (new Upload("search/video-to-audio", path), MediaStreams.Visual);

    /// <summary>The bundle the repository carries.</summary>
    private static async Task<Bundle> OpenDemoAsync(CancellationToken cancellationToken)
    {
        string folder = Path.Combine(Workspace.RepositoryRoot, "models", "demo");
        ModelManifest manifest = (await ModelBundle.OpenAsync(folder, cancellationToken)).Manifest;
        return new Bundle(manifest.Name, folder, manifest.ModelId, manifest.Dimension);
    }

    private static void Aim(Report report, string what, Series series) => report.Aim($"{what}: wall ÷ ((ffmpeg + encoders) ÷ cores), none fails",
        $"≤ {MostOverWork.Format("0.00")}, 0", $"{series.Ratio.Median.Format("0.000")} ({series.RatioLessOthers.Median.Format("0.000")} less others' work), {series.Failures.Format()}", series.Ratio.Median <= MostOverWork && series.Failures == 0);
}
