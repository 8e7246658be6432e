using CavMae.Benchmarks.Reporting;
using CavMae.Benchmarks.Running;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.DependencyInjection;

namespace CavMae.Benchmarks.Throughput;

/// <summary>Turns of one load, each beside the same work done alone.</summary>
internal sealed class Series
{
    private readonly List<(ServiceRun Run, WorkAlone Work)> turns = [];

    public Samples Ratio => Over((run, work) => run.Ratio(work));

    public Samples RatioLessOthers => Over((run, work) => run.RatioLessOthers(work));

    /// <summary>Requests of all turns that were not answered with success.</summary>
    public int Failures => turns.Sum(turn => turn.Run.Load.Failures.Count);

    /// <param name="kind">Where the file of a number is sent, and what is decoded of it there.</param>
    public async Task AddTurnAsync(Workspace workspace, Bundle bundle, string data, ClipSet clips, Func<string, int, (Upload Upload, MediaStreams Wanted)> kind, int clients,
        CancellationToken cancellationToken)
    {
        WorkAlone work;
        await using (ServiceProvider services = await LocalServices.OpenAsync(workspace, bundle, cancellationToken))
            work = await WorkAlone.MeasureAsync(services, clips.Measured.Select((path, i) => (path, kind(path, i).Wanted)), cancellationToken);
        ServiceRun run = await ServiceRun.MeasureAsync(bundle, data, Uploads(clips.WarmUps), Uploads(clips.Measured), clients, cancellationToken);
        turns.Add((run, work));

        Upload[] Uploads(IReadOnlyList<string> paths) => [.. paths.Select((path, i) => kind(path, i).Upload)];
    }

    public string[] ToCells() =>
    [
        .. CostCells(), Median((run, _) => run.Load.RequestSeconds.Count / run.Load.WallSeconds, "0.0"), .. MemoryCells(),
    ];

    public string[] ToLatencyCells() =>
    [
        .. CostCells(), .. new[] { 50.0, 95, 99 }.Select(percent => Median((run, _) => run.Load.PercentileSeconds(percent), "0.00")), .. MemoryCells(),
    ];

    public string[] FirstAndTenth() => [Median((run, _) => 1000 * run.FirstSeconds, "0"), Median((run, _) => 1000 * run.TenthSeconds, "0")];

    private string[] CostCells() =>
    [
        Median((run, _) => run.Load.WallSeconds, "0.00"), Median((run, _) => run.FfmpegSeconds, "0.00"), Median((_, work) => work.FfmpegSeconds, "0.00"),
        Median((_, work) => work.EncoderSeconds, "0.00"), Median((run, work) => run.ServiceSeconds - work.EncoderSeconds, "0.00"), Median((run, _) => run.ClientSeconds, "0.00"),
        Median((run, _) => run.OtherSeconds, "0.00"), Median((run, _) => run.IdleSeconds, "0.00"), Ratio.Median.Format("0.000"), RatioLessOthers.Median.Format("0.000"),
    ];

    private string[] MemoryCells() =>
        [Over((run, _) => run.PeakMegabytes).Worst.Format("0"), Over((run, _) => run.PeakChildrenMegabytes).Worst.Format("0"), Failures.Format()];

    private string Median(Func<ServiceRun, WorkAlone, double> figure, string format) => Over(figure).Median.Format(format);

    private Samples Over(Func<ServiceRun, WorkAlone, double> figure)
    {
        Samples samples = new();
        turns.ForEach(turn => samples.Add(figure(turn.Run, turn.Work)));
        return samples;
    }
}
