using System.Text.RegularExpressions;
using CavMae.Benchmarks.Running;

namespace CavMae.Benchmarks.Library;

/// <summary>
/// Counts clips whose decoding was begun, over any number of processes and kills: a folder with the real ffprobe and, as ffmpeg, two lines of shell
/// that write the arguments to a file and then become the real ffmpeg. Each clip received has a file name of its own.
/// </summary>
internal sealed partial class DecodeCount
{
    private readonly string log;

    public DecodeCount(Workspace workspace)
    {
        if (!OperatingSystem.IsLinux())
            throw new BenchmarkException("Decodes are counted with a shell script and processes read from /proc, which only Linux has.");
        Folder = workspace.NewFolder("ffmpeg");
        log = Path.Combine(Folder, "log");
        File.WriteAllText(log, "");
        File.CreateSymbolicLink(Path.Combine(Folder, "ffprobe"), FindOnPath("ffprobe"));
        string script = Path.Combine(Folder, "ffmpeg");
        File.WriteAllText(script, $"#!/bin/sh\nprintf '%s\\n' \"$*\" >> '{log}'\nexec '{FindOnPath("ffmpeg")}' \"$@\"\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>For <c>Media:FfmpegFolder</c>.</summary>
    public string Folder { get; }

    /// <summary>Clips begun until now.</summary>
    public int Begun => Received().Matches(File.ReadAllText(log)).Select(match => match.Value).Distinct(StringComparer.Ordinal).Count();

    private static string FindOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists)
        ?? throw new BenchmarkException($"'{program}' is not on the path.");

    [GeneratedRegex("incoming/[0-9a-f]{32}")]
    private static partial Regex Received();
}
