using System.Diagnostics;
using System.Text;

namespace CavMae.Retrieval.Media;

/// <summary>
/// One running ffmpeg or ffprobe. Disposing it ends it: killed with its children where it still runs, its exit awaited, so that no
/// process outlives its reader. Its error stream is always read (a full pipe would stop it), but only the beginning is kept.
/// </summary>
internal sealed class FfmpegProcess : IAsyncDisposable
{
    private const int MaxErrorCharacters = 4000;

    /// <summary>
    /// Exit statuses of a process that somebody ended: 128 and the number of SIGINT, SIGKILL or SIGTERM, or the 255 of an ffmpeg that was asked to go.
    /// Signals of its own making, such as a crash on a hostile file, are not among them.
    /// </summary>
    private static readonly int[] EndedFromOutside = [128 + 2, 128 + 9, 128 + 15, 255];

    private readonly Process _process;
    private readonly Task<string> _errors;

    private FfmpegProcess(Process process)
    {
        _process = process;
        _errors = ReadErrorsAsync(process.StandardError);
    }

    public Stream Output => _process.StandardOutput.BaseStream;

    /// <exception cref="FfmpegUnavailableException">The program is not there.</exception>
    public static FfmpegProcess Start(ProcessStartInfo start) => new(FfmpegPrograms.Start(start));

    /// <summary>Waits for the end and gives the exit status, and what the program complained about.</summary>
    public async Task<(int ExitCode, string Errors)> WaitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        return (_process.ExitCode, await _errors.ConfigureAwait(false));
    }

    /// <summary>Tells a process that was ended from one that failed.</summary>
    /// <exception cref="DecoderKilledException">It was ended.</exception>
    public static void ThrowIfKilled(string program, int exitCode)
    {
        if (EndedFromOutside.Contains(exitCode))
            throw new DecoderKilledException($"{program} was ended from outside (status {exitCode}) before it was done; the machine may be short of memory.");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        await _errors.ConfigureAwait(false);
        _process.Dispose();
    }

    private static async Task<string> ReadErrorsAsync(StreamReader reader)
    {
        StringBuilder kept = new();
        char[] buffer = new char[1024];
        int count;
        while ((count = await reader.ReadAsync(buffer.AsMemory()).ConfigureAwait(false)) > 0)
            kept.Append(buffer, 0, Math.Min(count, MaxErrorCharacters - kept.Length));
        return kept.ToString().Trim();
    }
}
