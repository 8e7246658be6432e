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
