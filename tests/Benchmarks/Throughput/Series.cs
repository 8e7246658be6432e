using CavMae.Benchmarks.Reporting;

namespace CavMae.Benchmarks.Throughput;

/// <summary>Turns of one load, each beside the same work done alone, as the cells of a report's tables.</summary>
internal sealed class Series
{
    private static readonly double[] Percentiles = [50, 95, 99];

    private readonly List<(ServiceRun Run, WorkAlone Work)> turns = [];

    public Samples Ratio => Over((run, work) => run.Ratio(work));

    public Samples RatioLessOthers => Over((run, work) => run.RatioLessOthers(work));

    /// <summary>Requests of all turns that were not answered with success.</summary>
    public int Failures => turns.Sum(turn => turn.Run.Load.Failures.Count);

    public string ClipsPerSecond => Median((run, _) => run.Load.RequestSeconds.Count / run.Load.WallSeconds, "0.0");

    public void Add(ServiceRun run, WorkAlone work) => turns.Add((run, work));

    public string[] CostCells() =>
    [
        Median((run, _) => run.Load.WallSeconds, "0.00"), Median((run, _) => run.FfmpegSeconds, "0.00"), Median((_, work) => work.FfmpegSeconds, "0.00"),
        Median((_, work) => work.EncoderSeconds, "0.00"), Median((run, work) => run.ServiceSeconds - work.EncoderSeconds, "0.00"), Median((run, _) => run.ClientSeconds, "0.00"),
        Median((run, _) => run.OtherSeconds, "0.00"), Median((run, _) => run.IdleSeconds, "0.00"), Ratio.Median.Format("0.000"), RatioLessOthers.Median.Format("0.000"),
    ];

    public string[] LatencyCells() => [.. Percentiles.Select(percent => Median((run, _) => run.Load.PercentileSeconds(percent), "0.00"))];

    public string[] MemoryCells() =>
        [Over((run, _) => run.PeakMegabytes).Worst.Format("0"), Over((run, _) => run.PeakChildrenMegabytes).Worst.Format("0"), Failures.Format()];

    public string[] FirstAndTenth() => [Median((run, _) => 1000 * run.FirstSeconds, "0"), Median((run, _) => 1000 * run.TenthSeconds, "0")];

    private string Median(Func<ServiceRun, WorkAlone, double> figure, string format) => Over(figure).Median.Format(format);

    private Samples Over(Func<ServiceRun, WorkAlone, double> figure)
    {
        Samples samples = new();
        turns.ForEach(turn => samples.Add(figure(turn.Run, turn.Work)));
        return samples;
    }
}
