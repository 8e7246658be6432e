using System.Diagnostics;
using System.Globalization;
using CavMae.Benchmarks.Running;

namespace CavMae.Benchmarks.Library;

/// <summary>Processes that outlive the one that started them.</summary>
internal static class Leftovers
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    /// <summary>Ids of all processes that have a folder in their command line, other than this one.</summary>
    public static IReadOnlyList<int> FindProcesses(string folder)
    {
        List<int> found = [];
        foreach (string path in Directory.GetDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out int id) && id != Environment.ProcessId && ReadCommand(path).Contains(folder, StringComparison.Ordinal))
                found.Add(id);
        return found;
    }

    /// <summary>Waits until something holds.</summary>
    /// <param name="sinceTimestamp">When the clock began to run.</param>
    /// <returns>How long that took; null where it does not hold in time.</returns>
    public static async Task<TimeSpan?> WaitAsync(Func<bool> holds, long sinceTimestamp, TimeSpan limit, CancellationToken cancellationToken)
    {
        while (!holds())
        {
            if (Stopwatch.GetElapsedTime(sinceTimestamp) > limit)
                return null;
            await Task.Delay(Interval, cancellationToken);
        }
        return Stopwatch.GetElapsedTime(sinceTimestamp);
    }

    /// <summary>Ends those of our processes that did not end by themselves.</summary>
    public static void Kill(Workspace workspace)
    {
        foreach (int id in FindProcesses(workspace.FullPath))
        {
            try
            {
                using Process process = Process.GetProcessById(id);
                process.Kill();
                process.WaitForExit();
            }
            catch (ArgumentException)
            {
                // It has ended meanwhile.
            }
        }
    }

    /// <summary>Empty for one that has ended, or that is another user's.</summary>
    private static string ReadCommand(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
