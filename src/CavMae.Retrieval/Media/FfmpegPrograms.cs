using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using FFMpegCore;

namespace CavMae.Retrieval.Media;

/// <summary>Where ffmpeg and ffprobe are, and how they are started: without a shell, without input, with their outputs in pipes.</summary>
internal sealed partial class FfmpegPrograms(string folder)
{
    private string? _version;
    private readonly FFOptions _options = new() { BinaryFolder = folder };

    public string FfmpegPath => Find("ffmpeg", GlobalFFOptions.GetFFMpegBinaryPath(_options));

    public string FfprobePath => Find("ffprobe", GlobalFFOptions.GetFFProbeBinaryPath(_options));

    /// <summary>The first line of <c>ffmpeg -version</c>, after <c>ffprobe</c> was found to start too. Asked once.</summary>
    /// <exception cref="FfmpegUnavailableException">One of the programs is missing or does not run.</exception>
    public async Task<string> GetVersionAsync(CancellationToken cancellationToken)
    {
        if (_version is null)
        {
            await AskVersionAsync(FfprobePath, cancellationToken).ConfigureAwait(false);
            _version = await AskVersionAsync(FfmpegPath, cancellationToken).ConfigureAwait(false);
        }
        return _version;
    }

    /// <summary>5 of "ffmpeg version 5.1.9-0+deb12u1 …"; builds between versions ("N-12345-g…") are newer than all.</summary>
    public async Task<int> GetMajorVersionAsync(CancellationToken cancellationToken)
    {
        string line = await GetVersionAsync(cancellationToken).ConfigureAwait(false);
        Match match = MajorVersion().Match(line);
        return match.Success ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : int.MaxValue;
    }

    /// <exception cref="FfmpegUnavailableException">The program is not there.</exception>
    public static Process Start(ProcessStartInfo start)
    {
        start.UseShellExecute = false;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        // ffmpeg writes a log file wherever this variable says.
        start.Environment.Remove("FFREPORT");
        try
        {
            Process process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception reason)
        {
            throw NotFound(start.FileName, reason);
        }
    }

    [GeneratedRegex(@"^ffmpeg version n?(\d+)\.")]
    private static partial Regex MajorVersion();

    private static async Task<string> AskVersionAsync(string program, CancellationToken cancellationToken)
    {
        FfmpegProcess process = FfmpegProcess.Start(new ProcessStartInfo(program, "-version"));
        await using (process.ConfigureAwait(false))
        {
            using StreamReader reader = new(process.Output);
            string text = await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
            (int exitCode, string errors) = await process.WaitAsync(cancellationToken).ConfigureAwait(false);
            return exitCode == 0
                ? text.Split('\n')[0].Trim()
                : throw new FfmpegUnavailableException($"'{program} -version' ended with {exitCode}: {errors}");
        }
    }

    private string Find(string name, string found)
    {
        if (folder.Length == 0)
            return found;
        // FFMpegCore falls back to PATH where the folder has no such program; a folder that was named is meant.
        string path = Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name);
        return File.Exists(path) ? path : throw NotFound(path, null);
    }

    private static FfmpegUnavailableException NotFound(string path, Exception? reason) => new(
        $"'{path}' cannot be started. Install ffmpeg 5.1 or later (Debian and Ubuntu: apt-get install ffmpeg), " +
        $"or set {MediaOptions.Section}:{nameof(MediaOptions.FfmpegFolder)} to the folder that holds ffmpeg and ffprobe.", reason);
}
