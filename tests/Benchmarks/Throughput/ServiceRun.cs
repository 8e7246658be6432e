using System.Diagnostics;
using CavMae.Benchmarks.Running;

namespace CavMae.Benchmarks.Throughput;

/// <summary>One load put on a fresh service, and what it cost.</summary>
/// <param name="Load">What the clients saw.</param>
/// <param name="FirstSeconds">How long the service's very first request took.</param>
/// <param name="TenthSeconds">How long its tenth took, of the same kind, sent alone.</param>
/// <param name="FfmpegSeconds">Processor seconds of the service's children during the load.</param>
/// <param name="ServiceSeconds">Processor seconds of the service itself, its encoder runs included.</param>
/// <param name="ClientSeconds">Processor seconds of this process, which sends and watches.</param>
/// <param name="OtherSeconds">Processor seconds of everything else on the machine meanwhile.</param>
/// <param name="IdleSeconds">Core seconds in which nothing ran.</param>
/// <param name="PeakMegabytes">Most the service held, its children apart.</param>
/// <param name="PeakChildrenMegabytes">Most that its children together held.</param>
internal sealed record ServiceRun(LoadResult Load, double FirstSeconds, double TenthSeconds, double FfmpegSeconds, double ServiceSeconds, double ClientSeconds,
    double OtherSeconds, double IdleSeconds, double PeakMegabytes, double PeakChildrenMegabytes)
{
    /// <summary>Seldom enough to leave the cores to the service.</summary>
    private static readonly TimeSpan MemoryInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Wall time over that of ffmpeg and encoders, had they kept all cores busy and nothing else been to do.</summary>
    public double Ratio(WorkAlone work) => Load.WallSeconds * Environment.ProcessorCount / (FfmpegSeconds + work.EncoderSeconds);

    /// <summary>The same, less the core seconds that went to other programs: what would be left of it on a machine without them.</summary>
    public double RatioLessOthers(WorkAlone work) => (Load.WallSeconds * Environment.ProcessorCount - OtherSeconds) / (FfmpegSeconds + work.EncoderSeconds);

    /// <param name="warmUps">Sent one after another before the clock runs; their first and last are told apart.</param>
    public static async Task<ServiceRun> MeasureAsync(Bundle bundle, string data, IReadOnlyList<Upload> warmUps, IReadOnlyList<Upload> uploads, int clients,
        CancellationToken cancellationToken)
    {
        await using ServiceProcess service = await ServiceProcess.StartAsync(bundle, data, cancellationToken);
        LoadResult warmed = await ClientLoad.RunAsync(service, warmUps, clients: 1, cancellationToken);
        using Process self = Process.GetCurrentProcess();
        ProcessorTime before = ProcessorTime.Of(service.Process), ownBefore = ProcessorTime.Of(self);
        MachineTime machineBefore = MachineTime.Now();
        MemoryWatch memory = new(service.Process, MemoryInterval);
        LoadResult load;
        await using (memory)
            load = await ClientLoad.RunAsync(service, uploads, clients, cancellationToken);
        ProcessorTime spent = ProcessorTime.Of(service.Process) - before;
        double ownSpent = (ProcessorTime.Of(self) - ownBefore).OwnSeconds;
        MachineTime machine = MachineTime.Now() - machineBefore;
        double others = Math.Max(0, machine.BusySeconds - spent.OwnSeconds - spent.ChildrenSeconds - ownSpent);
        return new ServiceRun(load, warmed.RequestSeconds[0], warmed.RequestSeconds[^1], spent.ChildrenSeconds, spent.OwnSeconds, ownSpent, others, machine.IdleSeconds,
            memory.PeakMegabytes, memory.PeakChildrenMegabytes);
    }
}
