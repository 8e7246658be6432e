using System.Diagnostics;

namespace CavMae.Retrieval.Api.Tests;

internal static class Processes
{
    /// <summary>ffmpeg and ffprobe processes that a process started and that still run.</summary>
    public static int CountDecoders(int parentId)
    {
        using Process list = Process.Start(new ProcessStartInfo("ps", ["--no-headers", "-o", "comm", "--ppid", parentId.ToString(System.Globalization.CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true })!;
        string output = list.StandardOutput.ReadToEnd();
        list.WaitForExit();
        return output.Split('\n').Count(line => line.StartsWith("ff", StringComparison.Ordinal));
    }
}
