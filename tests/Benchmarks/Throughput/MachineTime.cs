using System.Globalization;

namespace CavMae.Benchmarks.Throughput;

/// <summary>Processor seconds of the whole machine, by the first line of Linux's /proc/stat.</summary>
/// <param name="BusySeconds">Spent on anything at all, or taken by the host of a virtual machine.</param>
/// <param name="IdleSeconds">Spent on nothing; waiting for a disk is nothing.</param>
internal readonly record struct MachineTime(double BusySeconds, double IdleSeconds)
{
    private const double TicksPerSecond = 100;

    /// <summary>user nice system idle iowait irq softirq steal; what follows is part of user and nice.</summary>
    private const int Fields = 8, Idle = 3, WaitingForDisk = 4;

    public static MachineTime Now()
    {
        double[] seconds = [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(Fields)
            .Select(field => long.Parse(field, CultureInfo.InvariantCulture) / TicksPerSecond)];
        double idle = seconds[Idle] + seconds[WaitingForDisk];
        return new MachineTime(seconds.Sum() - idle, idle);
    }

    public static MachineTime operator -(MachineTime later, MachineTime earlier) => new(later.BusySeconds - earlier.BusySeconds, later.IdleSeconds - earlier.IdleSeconds);
}
