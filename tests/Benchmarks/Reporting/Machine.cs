using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using CavMae.Benchmarks.Running;
using Microsoft.ML.OnnxRuntime;

namespace CavMae.Benchmarks.Reporting;

/// <summary>What a report's figures were measured on, and with.</summary>
internal sealed record Machine(string Command, DateTimeOffset Start, string Processor, string Ffmpeg, string LoadAtStart, string LoadAtEnd)
{
    public static async Task<Machine> DescribeAsync(string[] arguments, CancellationToken cancellationToken)
    {
        string ffmpeg = await ChildProcess.ReadOutputAsync("ffmpeg", ["-version"], cancellationToken);
        return new Machine(
            $"dotnet run -c Release --project tests/Benchmarks -- {string.Join(' ', arguments)}".TrimEnd(' ', '-'),
            DateTimeOffset.UtcNow, FindProcessor(), ffmpeg.Split('\n')[0].Split(" Copyright")[0], ReadLoad(), "");
    }

    public Machine WithLoadNow() => this with { LoadAtEnd = ReadLoad() };

    public string ToMarkdown()
    {
        double memoryGiB = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30);
        (string Name, string Value)[] facts =
        [
            ("command", $"`{Command}`"),
            ("date", Start.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) + " UTC"),
            ("processor", $"{Processor}, {Environment.ProcessorCount} cores, vectors of {Vector.BitCount} bits"),
            ("memory", memoryGiB.ToString("0.0", CultureInfo.InvariantCulture) + " GiB"),
            ("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}"),
            (".NET", $"{RuntimeInformation.FrameworkDescription}, {(System.Runtime.GCSettings.IsServerGC ? "server" : "workstation")} GC"),
            ("ONNX Runtime", OrtEnv.Instance().GetVersionString()),
            ("ffmpeg", Ffmpeg),
            ("load of the machine (1, 5, 15 min)", $"{LoadAtStart} at the start, {LoadAtEnd} at the end"),
        ];
        return string.Concat(facts.Select(fact => $"- {fact.Name}: {fact.Value}\n"));
    }

    private static string FindProcessor()
    {
        const string LinuxFile = "/proc/cpuinfo";
        string? line = File.Exists(LinuxFile) ? File.ReadLines(LinuxFile).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    private static string ReadLoad()
    {
        const string LinuxFile = "/proc/loadavg";
        return File.Exists(LinuxFile) ? string.Join(' ', File.ReadAllText(LinuxFile).Split(' ').Take(3)) : "unknown";
    }

    private static class Vector
    {
        public static int BitCount => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;
    }
}
