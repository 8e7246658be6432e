using System.Buffers;
using System.Security.Cryptography;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Ingest;

/// <summary>
/// Media files on disk: what comes in lies in the incoming folder until its clip is stored, then in the media folder under the hash of its
/// content. No file name ever comes from a client.
/// </summary>
public sealed class MediaStore(DataFolder folder, IOptions<MediaOptions> options)
{
    private const int BufferBytes = 128 * 1024;

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
            await using (FileStream file = folder.OnDisk(() => new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 })))
            {
                for (int read; (read = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false)) > 0; size += read)
                {
                    if (size + read > options.Value.MaxUploadBytes)
                        throw new UploadTooLargeException(options.Value.MaxUploadBytes);
                    hash?.AppendData(buffer, 0, read);
                    // The page cache takes a buffer in microseconds; an asynchronous write would only add a detour through the thread pool.
                    folder.OnDisk(() => file.Write(buffer, 0, read));
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
    /// Makes a received file durable and moves it to its place, or links it there where it <see cref="IncomingFile.StaysInPlace"/>; a file of the
    /// same content that is there already stays.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The disk is full or cannot be written.</exception>
    public void Keep(IncomingFile file) => folder.OnDisk(() =>
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

    /// <exception cref="StoreUnavailableException">The folders for uploads, jobs or media are gone.</exception>
    public void Check()
    {
        foreach (string path in (string[])[folder.IncomingFolder, folder.MediaFolder, folder.JobsFolder])
            if (!Directory.Exists(path))
                throw new StoreUnavailableException($"The folder '{path}' is gone. Restart the service to make it anew.");
    }
}
