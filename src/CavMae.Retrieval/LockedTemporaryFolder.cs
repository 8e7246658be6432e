namespace CavMae.Retrieval;

/// <summary>
/// A temporary folder that only this user can enter. While it lives a file in it is locked; the system gives the lock back when the process
/// ends, however it ends, so that what is not locked belongs to nobody and the next process may remove it. Thread-safe.
/// </summary>
public sealed class LockedTemporaryFolder : IDisposable
{
    private const string LockName = "in-use";

    private const int MaxAttempts = 10;

    private readonly FileStream _lock;

    private LockedTemporaryFolder(string fullPath, FileStream held) => (FullPath, _lock) = (fullPath, held);

    public string FullPath { get; }

    /// <param name="prefix">How its name begins.</param>
    /// <exception cref="IOException">The system's folder for temporary files is missing, full or not to be written; nothing is left in it.</exception>
    public static LockedTemporaryFolder Create(string prefix)
    {
        for (int attempt = 1; ; attempt++)
        {
            string? folder = null;
            try
            {
                // Readable and writable for this user alone.
                folder = Directory.CreateTempSubdirectory(prefix).FullName;
                FileStream held = Lock(folder);
                // A starting process may have taken it for a stale one, before it was locked, and removed it.
                if (File.Exists(Path.Combine(folder, LockName)))
                    return new LockedTemporaryFolder(folder, held);
                held.Dispose();
                if (attempt == MaxAttempts)
                    throw new IOException("other processes took it for one that is left over");
            }
            catch (IOException problem) when (folder is not null && attempt < MaxAttempts && (IsHeldElsewhere(problem) || !Directory.Exists(folder)))
            {
                // That process holds the lock or has removed the folder: it is gone or about to be.
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                if (folder is not null)
                    Remove(folder);
                throw new IOException($"No temporary folder can be made in '{Path.GetTempPath()}': {problem.Message} Make room there, or set TMPDIR to a folder where this user may write.", problem);
            }
        }
    }

    /// <summary>Removes what processes left that were killed.</summary>
    /// <param name="prefix">As it was given to <see cref="Create"/>.</param>
    /// <param name="report">Told of each folder, and why it was kept: in use, another user's, or another of our processes was quicker.</param>
    public static void RemoveStale(string prefix, Action<string, Exception?> report)
    {
        ArgumentNullException.ThrowIfNull(report);
        foreach (string folder in Find(prefix))
        {
            try
            {
                using FileStream held = Lock(folder);
                Directory.Delete(folder, recursive: true);
                report(folder, null);
            }
            catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
            {
                report(folder, reason);
            }
        }
    }

    /// <summary>Removes the folder and gives the lock back. May be called again; does not throw for what cannot be removed.</summary>
    /// <returns>Why the folder is still there; null where it is not.</returns>
    public Exception? Remove()
    {
        Exception? reason = Remove(FullPath);
        // Last, so that nobody takes the folder for a stale one before.
        _lock.Dispose();
        return reason;
    }

    public void Dispose() => Remove();

    private static Exception? Remove(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
            return null;
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            // With the lock's file gone and the folder not yet, a starting process may have taken it for a stale one: then that removes it.
            return Directory.Exists(folder) ? reason : null;
        }
    }

    private static string[] Find(string prefix)
    {
        try
        {
            // Links are nobody's folders: another user may have laid them.
            return Directory.GetDirectories(Path.GetTempPath(), prefix + "*", new EnumerationOptions { AttributesToSkip = FileAttributes.ReparsePoint });
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // Nothing can be there. Who needs a folder there is told so by Create.
            return [];
        }
    }

    /// <exception cref="IOException">Another holds it, or the folder is gone.</exception>
    private static FileStream Lock(string folder) =>
        new(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);

    /// <summary>ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION on Windows; EWOULDBLOCK is 11 on Linux, 35 on macOS.</summary>
    private static bool IsHeldElsewhere(IOException exception) =>
        exception.HResult is unchecked((int)0x80070020) or unchecked((int)0x80070021) or 11 or 35;
}
