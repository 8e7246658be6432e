using System.Globalization;

namespace CavMae.Retrieval.Index;

/// <summary>
/// The folder that holds a service's whole state: database, media files, uploads under way. It belongs to one process at a time:
/// the operating system's lock on the file <c>lock</c> says so, and goes with the process, however it ends.
/// </summary>
public sealed class DataFolder : IDisposable
{
    internal const string DatabaseName = "index.db";
    private const string MediaName = "media";

    private readonly FileStream processLock;
    private readonly string ownerPath;

    private DataFolder(string fullPath, FileStream processLock, string ownerPath)
    {
        FullPath = fullPath;
        this.processLock = processLock;
        this.ownerPath = ownerPath;
    }

    public string FullPath { get; }

    public string DatabasePath => Path.Combine(FullPath, DatabaseName);

    /// <summary>Media files, named by their content.</summary>
    public string MediaFolder => MediaFolderIn(FullPath);

    /// <summary>Uploads under way, and marks of changes under way.</summary>
    public string IncomingFolder => Path.Combine(FullPath, "incoming");

    /// <summary>Jobs and the scenes they have embedded so far.</summary>
    public string JobDatabasePath => Path.Combine(FullPath, "jobs.db");

    /// <summary>Uploads of jobs that have not ended, named by the job.</summary>
    public string JobsFolder => Path.Combine(FullPath, "jobs");

    /// <summary>Where a data folder's media lie, for those that only read them and leave the folder to the process that has it.</summary>
    public static string MediaFolderIn(string path) => Path.Combine(Path.GetFullPath(path), MediaName);

    /// <summary>Takes the folder for this process; made where missing.</summary>
    /// <exception cref="StoreInUseException">Another process, or another owner in this one, holds it.</exception>
    /// <exception cref="StoreUnavailableException">The folder cannot be made or written.</exception>
    public static DataFolder Open(string path, TimeProvider? timeProvider = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var fullPath = Path.GetFullPath(path);
        FileStream? processLock = null;
        try
        {
            Directory.CreateDirectory(fullPath);
            // The owner's name lies beside the lock, not in it: while it is held, the lock file cannot be read everywhere.
            var ownerPath = Path.Combine(fullPath, "lock.owner");
            processLock = TakeLock(fullPath, ownerPath);
            var folder = new DataFolder(fullPath, processLock, ownerPath);
            File.WriteAllText(ownerPath, DescribeThisProcess(timeProvider ?? TimeProvider.System));
            Directory.CreateDirectory(folder.MediaFolder);
            Directory.CreateDirectory(folder.IncomingFolder);
            Directory.CreateDirectory(folder.JobsFolder);
            return folder;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            processLock?.Dispose();
            throw new StoreUnavailableException(
                $"The data folder '{fullPath}' cannot be used: {exception.Message} "
                + "Give this user the right to write there, or choose another folder (Index:Embedded:Path).", exception);
        }
    }

    /// <summary>Does something on the disk under this folder.</summary>
    /// <exception cref="StoreUnavailableException">It failed: the disk is full, or cannot be read or written.</exception>
    internal T OnDisk<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"The data folder '{FullPath}' cannot be written: {e.Message}", e);
        }
    }

    /// <inheritdoc cref="OnDisk{T}"/>
    internal void OnDisk(Action act) => OnDisk(() =>
    {
        act();
        return true;
    });

    public void Dispose()
    {
        if (!processLock.CanWrite)
            return;
        // The lock file itself stays: removing it would let two processes lock two files of one name.
        File.Delete(ownerPath);
        processLock.Dispose();
    }

    private static FileStream TakeLock(string fullPath, string ownerPath)
    {
        try
        {
            return new FileStream(Path.Combine(fullPath, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (IsHeldElsewhere(exception))
        {
            throw new StoreInUseException(
                $"The data folder '{fullPath}' is in use by {ReadOwner(ownerPath)}. "
                + "Stop that process, or choose another folder (Index:Embedded:Path) for this one.", exception);
        }
    }

    /// <summary>ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION on Windows; EWOULDBLOCK is 11 on Linux, 35 on macOS.</summary>
    private static bool IsHeldElsewhere(IOException exception) =>
        exception.HResult is unchecked((int)0x80070020) or unchecked((int)0x80070021) or 11 or 35;

    private static string DescribeThisProcess(TimeProvider timeProvider) => string.Create(CultureInfo.InvariantCulture,
        $"process {Environment.ProcessId} on {Environment.MachineName}, since {timeProvider.GetUtcNow():yyyy-MM-dd HH:mm:ss} UTC");

    private static string ReadOwner(string ownerPath)
    {
        try
        {
            return File.ReadAllText(ownerPath);
        }
        catch (IOException)
        {
            // The owner is starting or stopping at this moment: that it holds the lock is certain, its name is not known.
            return "another process";
        }
    }
}
