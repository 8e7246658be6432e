using CavMae.Benchmarks.Running;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.DependencyInjection;

namespace CavMae.Benchmarks.Throughput;

/// <summary>All loads on the service with one model: clips taken in by several numbers of clients, then searches, all at once.</summary>
internal sealed class BundleLoads(Workspace workspace, Bundle bundle, ClipSet clips, ThroughputSizes sizes, Action<string> progress)
{
    /// <summary>By clients.</summary>
    public SortedDictionary<int, Series> Ingests { get; } = [];

    public Series Searches { get; } = new();

    public async Task MeasureAsync(CancellationToken cancellationToken)
    {
        for (int turn = 1; turn <= sizes.Turns; turn++)
        {
            progress($"    turn {turn} of {sizes.Turns}: ingest");
            WorkAlone ingestAlone = await MeasureAloneAsync(_ => MediaStreams.All, cancellationToken);
            string data = "";
            foreach (int clients in sizes.ClientCounts)
            {
                data = workspace.NewFolder("data");
                ServiceRun run = await ServiceRun.MeasureAsync(bundle, data, Uploads(clips.WarmUps, IngestAddress), Uploads(clips.Measured, IngestAddress), clients, cancellationToken);
                Report(run, ingestAlone);
                if (!Ingests.TryGetValue(clients, out Series? series))
                    Ingests[clients] = series = new Series();
                series.Add(run, ingestAlone);
            }
            progress($"    turn {turn} of {sizes.Turns}: search");
            WorkAlone searchAlone = await MeasureAloneAsync(i => IsBySound(i) ? MediaStreams.Audio : MediaStreams.Visual, cancellationToken);
            ServiceRun search = await ServiceRun.MeasureAsync(bundle, data, Uploads(clips.WarmUps, SearchAddress), Uploads(clips.Measured, SearchAddress), clips.Measured.Count, cancellationToken);
            Report(search, searchAlone);
            Searches.Add(search, searchAlone);
        }

        void Report(ServiceRun run, WorkAlone alone) =>
            progress(FormattableString.Invariant($"      {run.Load.WallSeconds:0.0} s, ratio {run.Ratio(alone):0.000}, less others {run.RatioLessOthers(alone):0.000}"));
    }

    private async Task<WorkAlone> MeasureAloneAsync(Func<int, MediaStreams> wanted, CancellationToken cancellationToken)
    {
        await using ServiceProvider services = await LocalServices.OpenAsync(workspace, bundle, cancellationToken);
        return await WorkAlone.MeasureAsync(services, clips.Measured.Select((path, i) => (path, wanted(i))), cancellationToken);
    }

    private static Upload[] Uploads(IReadOnlyList<string> paths, Func<int, string> address) => [.. paths.Select((path, i) => new Upload(address(i), path))];

    private static string IngestAddress(int index) => "clips";

    private static string SearchAddress(int index) => IsBySound(index) ? "search/audio-to-video" : "search/video-to-audio";

    private static bool IsBySound(int index) => index % 2 == 0;
}
