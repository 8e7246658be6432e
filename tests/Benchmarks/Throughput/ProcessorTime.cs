using System.Diagnostics;
using System.Globalization;
using CavMae.Benchmarks.Running;

namespace CavMae.Benchmarks.Throughput;

/// <summary>
/// Processor seconds, user and system, by Linux's /proc/PID/stat: a process's own, and those of its children that have ended and were waited for,
/// with their children (fields utime + stime and cutime + cstime). .NET waits for every process it starts.
/// </summary>
internal readonly record struct ProcessorTime(double OwnSeconds, double ChildrenSeconds)
{
    /// <summary>The unit of the file, the same on every architecture.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>Places of the fields, counted from the first behind the program's name.</summary>
    private const int User = 11, System = 12, ChildrenUser = 13, ChildrenSystem = 14;

    public static ProcessorTime Of(Process process)
    {
        if (!OperatingSystem.IsLinux())
            throw new BenchmarkException("Processor time of child processes is read from /proc, which only Linux has.");
        string text = File.ReadAllText($"/proc/{process.Id}/stat");
        // The name stands in parentheses and may hold anything, also spaces and parentheses.
        string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return new ProcessorTime(Seconds(User) + Seconds(System), Seconds(ChildrenUser) + Seconds(ChildrenSystem));

        double Seconds(int place) => long.Parse(fields[place], CultureInfo.InvariantCulture) / TicksPerSecond;
    }

    public static ProcessorTime operator -(ProcessorTime later, ProcessorTime earlier) =>
        new(later.OwnSeconds - earlier.OwnSeconds, later.ChildrenSeconds - earlier.ChildrenSeconds);
}
