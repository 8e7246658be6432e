using System.Diagnostics;
using CavMae.Benchmarks.Reporting;
using CavMae.Benchmarks.Running;

namespace CavMae.Benchmarks;

/// <summary>The exporter's command in a process of its own: time from start to end, and the most memory it held.</summary>
internal static class ExportBenchmark
{
    private const int Turns = 3;
    private const double MostSeconds = 60;
    private const double MostMegabytes = 1500;

    public static async Task RunAsync(Workspace workspace, Report report, CancellationToken cancellationToken)
    {
        report.Section("Export", $"`cavmae-export` of a random ViT-B checkpoint with its decoder (191.0 M parameters), a process of its own, {Turns.Format()} turns; the resident set counts the mapped and cached pages of files too.");
        string checkpoint = workspace.VitBCheckpoint;
        Samples seconds = new(), megabytes = new();
        List<string[]> rows = [];
        for (int turn = 1; turn <= Turns; turn++)
        {
            report.Progress($"  turn {turn} of {Turns}");
            string folder = workspace.NewFolder("exported");
            long start = Stopwatch.GetTimestamp();
            using Process process = ChildProcess.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "cavmae-export.dll"), checkpoint, "--out", folder, "--name", "vit-b", "--untrained"]);
            await using MemoryWatch memory = new(process);
            await ChildProcess.FinishAsync(process, cancellationToken);
            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            megabytes.Add(memory.PeakMegabytes);
            double bundle = Directory.GetFiles(folder).Sum(file => new FileInfo(file).Length) / 1e6;
            rows.Add([turn.Format(), seconds.Last.Format("0.0"), megabytes.Last.Format("0"), bundle.Format("0")]);
            Directory.Delete(folder, recursive: true);
        }
        report.Table(["turn", "seconds", "peak memory, MB", "bundle, MB"], rows);
        report.Aim("export: ViT-B, time", $"< {MostSeconds.Format("0")} s", $"{seconds.Median.Format("0.0")} s", seconds.Median < MostSeconds);
        report.Aim("export: ViT-B, peak memory", $"< {MostMegabytes.Format("0")} MB", $"{megabytes.Worst.Format("0")} MB", megabytes.Worst < MostMegabytes);
    }
}
