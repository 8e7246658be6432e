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

    private async Task WatchAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            PeakMegabytes = Math.Max(PeakMegabytes, ReadResident(processId));
            PeakChildrenMegabytes = Math.Max(PeakChildrenMegabytes, FindChildren(processId).Where(IsProgramOfItsOwn).Sum(ReadResident));
            await Task.Delay(interval, stop.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    private static double ReadResident(int id)
    {
        const string Key = "VmRSS:";
        string? line = ReadLines($"/proc/{id}/status").FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[Key.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024 / 1e6;
    }

    /// <summary>A child that is only just being made shares the memory of its parent, and the name of the thread that makes it.</summary>
    private static bool IsProgramOfItsOwn(int id) => !ReadLines($"/proc/{id}/comm").FirstOrDefault("").StartsWith(".NET ", StringComparison.Ordinal);

    private static IEnumerable<int> FindChildren(int id)
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
