using System.Buffers;
using System.Security.Cryptography;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Ingest;

/// <summary>
/// Media files on disk: what comes in lies in the incoming folder until its clip is stored, then in the media folder under the hash of its
/// content. No file name ever comes from a client.
/// </summary>
public sealed partial class MediaStore(DataFolder folder, IOptions<MediaOptions> options, ILogger<MediaStore> logger)
{
    private const int BufferBytes = 128 * 1024;

    private const string PendingSuffix = ".pending";

    /// <summary>Writes an upload to disk; at no time is more than a small buffer in memory.</summary>
    /// <param name="content">The upload.</param>
    /// <param name="purpose">A clip is hashed on the way; a query, which is thrown away again, is not.</param>
    /// <param name="cancellationToken">Stops receiving; nothing is left on disk.</param>
    /// <exception cref="UploadTooLargeException">More bytes than <see cref="MediaOptions.MaxUploadBytes"/>; nothing is left on disk.</exception>
    /// <exception cref="StoreUnavailableException">The disk is full or cannot be written; nothing is left on it.</exception>
    public async Task<IncomingFile> ReceiveAsync(Stream content, UploadPurpose purpose, CancellationToken cancellationToken = default)
    {
        string path = Path.Combine(folder.IncomingFolder, Guid.NewGuid().ToString("N"));
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            using IncrementalHash? hash = purpose is UploadPurpose.Clip ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
            long size = 0;
            await using (FileStream file = OnDisk(() => new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 })))
            {
                for (int read; (read = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false)) > 0; size += read)
                {
                    if (size + read > options.Value.MaxUploadBytes)
                        throw new UploadTooLargeException(options.Value.MaxUploadBytes);
                    hash?.AppendData(buffer, 0, read);
                    // The page cache takes a buffer in microseconds; an asynchronous write would only add a detour through the thread pool.
                    OnDisk(() => file.Write(buffer, 0, read));
                }
            }
            return new IncomingFile(path, size, hash is null ? null : Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        catch
        {
            IncomingFile.DeleteIfThere(path);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Where the media of a stored clip lies.</summary>
    public string PathOf(string sha256) => Path.Combine(folder.MediaFolder, sha256[..2], sha256);

    /// <summary>
    /// Notes that this content is about to come or go. The next start removes the content if no clip has it.
    /// </summary>
    public void MarkPending(string sha256) => OnDisk(() => File.WriteAllBytes(PendingPathOf(sha256), []));

    /// <summary>
    /// Makes a received file durable and moves it to its place, or links it there where it <see cref="IncomingFile.StaysInPlace"/>; a file of the
    /// same content that is there already stays.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The disk is full or cannot be written.</exception>
    public void Keep(IncomingFile file) => OnDisk(() =>
    {
        string path = PathOf(file.RequireHash());
        if (File.Exists(path))
            return;
        string parent = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(parent);
        FlushFile(file.Path);
        if (file.StaysInPlace)
            Duplicate(file.Path, path);
        else
            File.Move(file.Path, path);
        DirectorySync.Flush(parent);
        DirectorySync.Flush(folder.MediaFolder);
    });

    /// <summary>Gives a file a second name; where the file system has no such thing, a copy, which appears whole or not at all.</summary>
    private void Duplicate(string source, string path)
    {
        if (HardLink.TryCreate(source, path))
            return;
        string copy = Path.Combine(folder.IncomingFolder, Guid.NewGuid().ToString("N"));
        try
        {
            File.Copy(source, copy);
            FlushFile(copy);
            File.Move(copy, path);
        }
        catch
        {
            IncomingFile.DeleteIfThere(copy);
            throw;
        }
    }

    internal static void FlushFile(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.ReadWrite);
        stream.Flush(flushToDisk: true);
    }

    public void Remove(string sha256) => File.Delete(PathOf(sha256));

    /// <summary>
    /// Changes the store beside its media: what comes stays if the change takes place, and what goes is removed then, where no other clip has it. Both
    /// are marked meanwhile, so that a kill in between is made good at the next start. Nothing else may change clips of these contents at the same
    /// time.
    /// </summary>
    /// <param name="index">The store.</param>
    /// <param name="coming">Content of the clip that comes; null where none does.</param>
    /// <param name="going">Content of the clip that goes; null where none does.</param>
    /// <param name="change">Keeps the media that comes, and changes the store.</param>
    public async Task ChangeAsync(ISceneIndex index, string? coming, string? going, Func<Task> change)
    {
        string[] contents = [.. new[] { coming, going }.OfType<string>().Distinct()];
        Array.ForEach(contents, MarkPending);
        // What was there before is somebody's.
        bool isNew = coming is not null && !File.Exists(PathOf(coming));
        try
        {
            await change().ConfigureAwait(false);
        }
        catch (StoreUnavailableException e) when (e.MayHaveTakenPlace)
        {
            // The marks stay: at the next start the store says whether the clip came.
            throw;
        }
        catch
        {
            await CleanUpAsync(index, isNew ? coming : null, contents).ConfigureAwait(false);
            throw;
        }
        await CleanUpAsync(index, going == coming ? null : going, contents).ConfigureAwait(false);
    }

    /// <summary>Removes a content that no clip has, and the marks. The change is over: what fails here is done at the next start, and is no failure of it.</summary>
    private async Task CleanUpAsync(ISceneIndex index, string? unused, string[] marked)
    {
        try
        {
            if (unused is not null)
                await RemoveUnusedAsync(index, unused, CancellationToken.None).ConfigureAwait(false);
            foreach (string content in marked)
                File.Delete(PendingPathOf(content));
        }
        catch (Exception reason) when (reason is StoreUnavailableException or IOException or UnauthorizedAccessException)
        {
            LogNotCleanedUp(logger, reason);
        }
    }

    private async Task RemoveUnusedAsync(ISceneIndex index, string content, CancellationToken cancellationToken)
    {
        if (await index.FindByContentAsync(content, cancellationToken).ConfigureAwait(false) is null && File.Exists(PathOf(content)))
            Remove(content);
    }

    /// <summary>
    /// Removes what a killed process left: unfinished uploads, and content that was coming or going and that no clip has. Files that are not the
    /// service's own stay. Called once, before the first request: a data folder belongs to one process.
    /// </summary>
    public async Task SweepAsync(ISceneIndex index, CancellationToken cancellationToken = default)
    {
        int removed = 0;
        foreach (string path in Directory.EnumerateFiles(folder.IncomingFolder))
        {
            string name = Path.GetFileName(path);
            string content = name.EndsWith(PendingSuffix, StringComparison.Ordinal) ? name[..^PendingSuffix.Length] : "";
            bool isUpload = Guid.TryParseExact(name, "N", out _);
            if (!isUpload && !IsHash(content))
                continue;
            if (!isUpload)
                await RemoveUnusedAsync(index, content, cancellationToken).ConfigureAwait(false);
            File.Delete(path);
            removed++;
        }
        if (removed > 0)
            LogSwept(logger, removed);
    }

    /// <exception cref="StoreUnavailableException">The folders for uploads, jobs or media are gone.</exception>
    public void Check()
    {
        foreach (string path in (string[])[folder.IncomingFolder, folder.MediaFolder, folder.JobsFolder])
            if (!Directory.Exists(path))
                throw new StoreUnavailableException($"The folder '{path}' is gone. Restart the service to make it anew.");
    }

    private string PendingPathOf(string sha256) => Path.Combine(folder.IncomingFolder, sha256 + PendingSuffix);

    private static bool IsHash(string text) => text.Length == SHA256.HashSizeInBytes * 2 && text.All(char.IsAsciiHexDigitLower);

    private T OnDisk<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"The data folder '{folder.FullPath}' cannot be written: {e.Message}", e);
        }
    }

    private void OnDisk(Action act) => OnDisk(() =>
    {
        act();
        return true;
    });

    [LoggerMessage(Level = LogLevel.Information, Message = "Cleaned up {Count} uploads and changes that were under way when the service was killed.")]
    private static partial void LogSwept(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Media that may be unused could not be looked after; the next start does so.")]
    private static partial void LogNotCleanedUp(ILogger logger, Exception reason);
}
