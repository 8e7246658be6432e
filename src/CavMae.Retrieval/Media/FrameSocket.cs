using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace CavMae.Retrieval.Media;

/// <summary>
/// ffmpeg's second way out: a socket in a folder of its own that only this user can enter, beside the filter text that is too long for
/// a command line. The folder is gone as soon as ffmpeg has connected (by then it has read the text too). While it lives a file in it is
/// locked; the system gives the lock back when the process ends, however it ends, so that what is not locked belongs to nobody.
/// </summary>
internal sealed class FrameSocket : IDisposable
{
    private const string Prefix = "cavmae-media-";

    /// <summary>Longest name of a Unix socket (sun_path), without the closing zero.</summary>
    private const int MaxSocketPathBytes = 107;

    private const string LockName = "lock";

    private const int MaxAttempts = 10;

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string _folder;

    private readonly FileStream _lock;

    private FrameSocket(string folder, FileStream held) => (_folder, _lock) = (folder, held);

    public string SocketPath => Path.Combine(_folder, "frames");

    public string FilterPath => Path.Combine(_folder, "filter");

    /// <exception cref="InvalidOperationException">The system's folder for temporary files has too long a name.</exception>
    public static FrameSocket Open(string filter)
    {
        FrameSocket socket = CreateLocked();
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
        try
        {
            if (Directory.Exists(_folder))
                Directory.Delete(_folder, recursive: true);
        }
        catch (IOException)
        {
            // With the lock's file gone and the folder not yet, a starting process has taken it for a stale one, and removes it.
        }
        // Last, so that nobody takes the folder for a stale one before.
        _lock.Dispose();
    }

    /// <summary>Removes what processes left that were killed in the moment between making a folder and ffmpeg's connecting to it.</summary>
    public static void RemoveStale(ILogger logger)
    {
        // Links are nobody's folders: another user may have laid them.
        EnumerationOptions foldersOnly = new() { AttributesToSkip = FileAttributes.ReparsePoint };
        foreach (string folder in Directory.EnumerateDirectories(Path.GetTempPath(), Prefix + "*", foldersOnly))
        {
            try
            {
                using FileStream held = Lock(folder);
                Directory.Delete(folder, recursive: true);
                logger.StaleFolderRemoved(folder);
            }
            catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
            {
                // In use, another user's, or another of our processes was quicker: either way not ours to remove.
                logger.StaleFolderKept(folder, reason.Message);
            }
        }
    }

    private static FrameSocket CreateLocked()
    {
        for (int attempt = 1; ; attempt++)
        {
            // Readable and writable for this user alone.
            string folder = Directory.CreateTempSubdirectory(string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-")).FullName;
            try
            {
                FileStream held = Lock(folder);
                // A starting process may have taken it for a stale one, before it was locked, and removed it.
                if (File.Exists(Path.Combine(folder, LockName)))
                    return new FrameSocket(folder, held);
                held.Dispose();
            }
            catch (IOException) when (attempt < MaxAttempts)
            {
                // That process holds the lock or has removed the folder: it is gone or about to be.
            }
        }
    }

    /// <exception cref="IOException">Another holds it, or the folder is gone.</exception>
    private static FileStream Lock(string folder) =>
        new(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
}
