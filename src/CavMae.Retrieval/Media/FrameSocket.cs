using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace CavMae.Retrieval.Media;

/// <summary>
/// ffmpeg's second way out: a socket in a folder of its own, beside the filter text that is too long for a command line. The folder is gone as
/// soon as ffmpeg has connected (by then it has read the text too), and where this process is killed before, at the next start of one.
/// </summary>
internal sealed class FrameSocket : IDisposable
{
    private const string Prefix = "cavmae-media-";

    /// <summary>Longest name of a Unix socket (sun_path), without the closing zero.</summary>
    private const int MaxSocketPathBytes = 107;

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly LockedTemporaryFolder _folder;
    private readonly ILogger? _logger;

    private FrameSocket(LockedTemporaryFolder folder, ILogger? logger) => (_folder, _logger) = (folder, logger);

    public string SocketPath => Path.Combine(_folder.FullPath, "frames");

    public string FilterPath => Path.Combine(_folder.FullPath, "filter");

    /// <param name="filter">What <see cref="FilterPath"/> holds.</param>
    /// <param name="logger">Told where the folder cannot be removed.</param>
    /// <exception cref="InvalidOperationException">The system's folder for temporary files has too long a name.</exception>
    /// <exception cref="IOException">It is missing, full or not to be written; the message says what to do.</exception>
    public static FrameSocket Open(string filter, ILogger? logger = null)
    {
        FrameSocket socket = new(LockedTemporaryFolder.Create(string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-")), logger);
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

    /// <summary>
    /// Whether ffmpeg has connected. While <see cref="AcceptAsync"/> takes the connection this may be false for a moment, in which cancelling
    /// comes too late to lose it.
    /// </summary>
    public bool HasConnectionOrHadOne
    {
        get
        {
            try
            {
                return _listener.Poll(TimeSpan.Zero, SelectMode.SelectRead);
            }
            catch (ObjectDisposedException)
            {
                return true;
            }
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
        if (_folder.Remove() is { } reason)
            _logger?.FolderNotRemoved(_folder.FullPath, reason.Message);
    }

    /// <summary>Removes what processes left that were killed in the moment between making a folder and ffmpeg's connecting to it.</summary>
    public static void RemoveStale(ILogger logger) => LockedTemporaryFolder.RemoveStale(Prefix, (folder, reason) =>
    {
        if (reason is null)
            logger.StaleFolderRemoved(folder);
        else
            logger.StaleFolderKept(folder, reason.Message);
    });
}
