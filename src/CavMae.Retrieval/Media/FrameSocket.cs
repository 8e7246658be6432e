using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace CavMae.Retrieval.Media;

/// <summary>
/// ffmpeg's second way out: a socket in a folder of its own that only this user can enter, beside the filter text that is too long for
/// a command line. The folder is gone as soon as ffmpeg has connected (by then it has read the text too).
/// </summary>
internal sealed class FrameSocket : IDisposable
{
    private const string Prefix = "cavmae-media-";

    /// <summary>Longest name of a Unix socket (sun_path), without the closing zero.</summary>
    private const int MaxSocketPathBytes = 107;

    private static readonly TimeSpan SurelyStale = TimeSpan.FromMinutes(1);

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string _folder;

    private FrameSocket(string folder) => _folder = folder;

    public string SocketPath => Path.Combine(_folder, "frames");

    public string FilterPath => Path.Combine(_folder, "filter");

    /// <exception cref="InvalidOperationException">The system's folder for temporary files has too long a name.</exception>
    public static FrameSocket Open(string filter)
    {
        // Readable and writable for this user alone.
        FrameSocket socket = new(Directory.CreateTempSubdirectory(string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-")).FullName);
        try
        {
            if (System.Text.Encoding.UTF8.GetByteCount(socket.SocketPath) > MaxSocketPathBytes)
                throw new InvalidOperationException($"'{socket.SocketPath}' is too long for a socket ({MaxSocketPathBytes} bytes at most): set TMPDIR to a shorter folder.");
            File.WriteAllText(socket.FilterPath, filter);
            socket._listener.Bind(new UnixDomainSocketEndPoint(socket.SocketPath));
            socket._listener.Listen(1);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits for ffmpeg to connect, then removes the folder.</summary>
    public async Task<Socket> AcceptAsync(CancellationToken cancellationToken)
    {
        Socket connection = await _listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
        Dispose();
        return connection;
    }

    public void Dispose()
    {
        _listener.Dispose();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Removes folders of processes that were killed in the moment between making one and ffmpeg's connecting to it.</summary>
    public static void RemoveStale(ILogger logger, TimeProvider time)
    {
        foreach (string folder in Directory.EnumerateDirectories(Path.GetTempPath(), Prefix + "*"))
        {
            string processId = Path.GetFileName(folder)[Prefix.Length..].Split('-')[0];
            bool isOld = time.GetUtcNow() - Directory.GetLastWriteTimeUtc(folder) > SurelyStale;
            if (!isOld || !int.TryParse(processId, CultureInfo.InvariantCulture, out int id) || IsRunning(id))
                continue;
            try
            {
                Directory.Delete(folder, recursive: true);
                logger.StaleFolderRemoved(folder);
            }
            catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
            {
                // Another user's, or another of our processes was quicker: either way not ours to remove.
                logger.StaleFolderKept(folder, reason.Message);
            }
        }
    }

    private static bool IsRunning(int processId)
    {
        try
        {
            using System.Diagnostics.Process process = System.Diagnostics.Process.GetProcessById(processId);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
