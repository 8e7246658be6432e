using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using CavMae.Benchmarks.Running;

namespace CavMae.Benchmarks.Library;

/// <summary><c>cavmae index</c> at work: the command line as it is shipped, a process of its own, and what it has said so far.</summary>
internal sealed partial class IndexRun : IAsyncDisposable
{
    /// <summary>Files under way at once: the command's default.</summary>
    public const int Parallelism = 2;

    /// <summary>128 + SIGKILL.</summary>
    private const int KilledCode = 137;

    private readonly HashSet<string> indexed = new(StringComparer.Ordinal);
    private readonly Task<string> errors;
    private string lastLine = "";

    private IndexRun(Process process)
    {
        Process = process;
        errors = process.StandardError.ReadToEndAsync();
    }

    public Process Process { get; }

    /// <summary>Ids of the clips it has reported as stored.</summary>
    public IReadOnlySet<string> Indexed => indexed;

    /// <param name="clips">Folder to index.</param>
    /// <param name="temporary">Its folder for temporary files; a short name, because sockets lie there.</param>
    /// <param name="ffmpegFolder">Where its ffmpeg is; null: on the path.</param>
    public static IndexRun Start(Bundle bundle, string clips, string data, string temporary, string? ffmpegFolder = null)
    {
        ProcessStartInfo start = Command(bundle, data, temporary);
        foreach (string argument in (string[])["index", clips, "--parallel", Parallelism.ToString(CultureInfo.InvariantCulture)])
            start.ArgumentList.Add(argument);
        if (ffmpegFolder is not null)
            start.Environment["Media__FfmpegFolder"] = ffmpegFolder;
        return new IndexRun(Process.Start(start)!);
    }

    /// <summary>What another command of the program prints.</summary>
    public static async Task<string> AskAsync(Bundle bundle, string data, string temporary, string[] arguments, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = Command(bundle, data, temporary);
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        return await ChildProcess.FinishAsync(process, cancellationToken);
    }

    /// <summary>Waits for the next thing it says.</summary>
    /// <returns>False when it has said its last.</returns>
    public async Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        if (await Process.StandardOutput.ReadLineAsync(cancellationToken) is not { } line)
            return false;
        lastLine = line;
        if (IndexedLine().Match(line) is { Success: true } match && !indexed.Add(match.Groups[1].Value))
            throw new BenchmarkException($"cavmae index reported the same clip twice: {line}");
        return true;
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>How many files it says were there already.</returns>
    public async Task<int> FinishAsync(CancellationToken cancellationToken)
    {
        while (await ReadAsync(cancellationToken))
        {
            // All that counts is kept as it is read.
        }
        await Process.WaitForExitAsync(cancellationToken);
        Match summary = SummaryLine().Match(lastLine);
        return Process.ExitCode == 0 && summary.Success
            ? int.Parse(summary.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
            : throw new BenchmarkException($"cavmae index ended with code {Process.ExitCode}: {lastLine}\n{await errors}");
    }

    /// <summary>Kills the process (SIGKILL) and nothing else, then reads what it had said before.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        Process.Kill();
        while (await ReadAsync(cancellationToken))
        {
            // Said before it was killed, read after.
        }
        await Process.WaitForExitAsync(cancellationToken);
        if (Process.ExitCode != KilledCode)
            throw new BenchmarkException($"cavmae index was not killed but ended with code {Process.ExitCode}: {lastLine}\n{await errors}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!Process.HasExited)
            Process.Kill(entireProcessTree: true);
        await Process.WaitForExitAsync();
        Process.Dispose();
    }

    private static ProcessStartInfo Command(Bundle bundle, string data, string temporary)
    {
        ProcessStartInfo start = new("dotnet", [BuiltProgram.Find("CavMae.Retrieval.Cli", "cavmae.dll"), "--data", data, "--model", bundle.Folder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = temporary,
        };
        start.Environment["TMPDIR"] = temporary;
        return start;
    }

    [GeneratedRegex(@"^indexed  .*: clip (\S+), \d+ scenes?$")]
    private static partial Regex IndexedLine();

    [GeneratedRegex(@"^\d+ indexed, (\d+) already there, 0 failed, in ")]
    private static partial Regex SummaryLine();
}
