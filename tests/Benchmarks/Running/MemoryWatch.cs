using System.Diagnostics;
using System.Globalization;

namespace CavMae.Benchmarks.Running;

/// <summary>
/// Watches how much memory a process and its children hold while something runs (resident set, by Linux's /proc; files that are mapped and read
/// count as well).
/// </summary>
internal sealed class MemoryWatch : IAsyncDisposable
{
    private static readonly TimeSpan ShortInterval = TimeSpan.FromMilliseconds(20);

    private readonly int processId;
    private readonly TimeSpan interval;
    private readonly CancellationTokenSource stop = new();
    private readonly Task watching;

    /// <param name="interval">Time between two looks; by default 20 ms. A look at a process of many threads takes a millisecond of a core.</param>
    public MemoryWatch(Process process, TimeSpan? interval = null)
    {
        this.interval = interval ?? ShortInterval;
        if (!OperatingSystem.IsLinux())
            throw new BenchmarkException("Memory is measured through /proc, which only Linux has.");
        processId = process.Id;
        watching = Task.Run(WatchAsync);
    }

    /// <summary>Most the process itself held.</summary>
    public double PeakMegabytes { get; private set; }

    /// <summary>Most that all of its children together held.</summary>
    public double PeakChildrenMegabytes { get; private set; }

    /// <summary>Most the process itself held since it was started, as the system counted it (VmHWM): no moment is missed.</summary>
    public double PeakSinceStartMegabytes { get; private set; }

    /// <summary>Most that a single child held since it was started, as the system counted it until the last look at it.</summary>
    public double PeakOfOneChildMegabytes { get; private set; }

    private async Task WatchAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            (double own, double ownPeak) = ReadMemory(processId);
            (double Now, double Peak)[] children = [.. FindChildren(processId).Where(IsProgramOfItsOwn).Select(ReadMemory)];
            PeakMegabytes = Math.Max(PeakMegabytes, own);
            PeakSinceStartMegabytes = Math.Max(PeakSinceStartMegabytes, ownPeak);
            PeakChildrenMegabytes = Math.Max(PeakChildrenMegabytes, children.Sum(child => child.Now));
            PeakOfOneChildMegabytes = Math.Max(PeakOfOneChildMegabytes, children.Select(child => child.Peak).DefaultIfEmpty().Max());
            await Task.Delay(interval, stop.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    private static (double Now, double Peak) ReadMemory(int id)
    {
        string[] lines = ReadLines($"/proc/{id}/status");
        return (Megabytes("VmRSS:"), Megabytes("VmHWM:"));

        double Megabytes(string key)
        {
            string? line = lines.FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
            return line is null ? 0 : double.Parse(line[key.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024 / 1e6;
        }
    }

    /// <summary>A child that is only just being made shares the memory of its parent, and the name of the thread that makes it.</summary>
    private static bool IsProgramOfItsOwn(int id) => !ReadLines($"/proc/{id}/comm").FirstOrDefault("").StartsWith(".NET ", StringComparison.Ordinal);

    /// <summary>Ids of the processes that one has started and that have not ended.</summary>
    public static IEnumerable<int> FindChildren(int id)
    {
        string tasks = $"/proc/{id}/task";
        if (!Directory.Exists(tasks))
            yield break;
        foreach (string task in Directory.GetDirectories(tasks))
            foreach (string child in ReadLines(Path.Combine(task, "children")).SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
                yield return int.Parse(child, CultureInfo.InvariantCulture);
    }

    /// <summary>Processes and threads come and go between two looks: one that is gone holds nothing.</summary>
    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await watching;
        stop.Dispose();
    }
}
