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

    /// <summary>Writes an upload to disk and hashes it on the way; at no time is more than a small buffer in memory.</summary>
    /// <exception cref="UploadTooLargeException">More bytes than <see cref="MediaOptions.MaxUploadBytes"/>; nothing is left on disk.</exception>
    public async Task<IncomingFile> ReceiveAsync(Stream content, CancellationToken cancellationToken = default)
    {
        string path = Path.Combine(folder.IncomingFolder, Guid.NewGuid().ToString("N"));
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using FileStream file = new(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.Asynchronous });
            long size = 0;
            // Whole buffers: an upload arrives in small pieces, and each write to disk costs more than its bytes.
            for (int read; (read = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false)) > 0; size += read)
            {
                if (size + read > options.Value.MaxUploadBytes)
                    throw new UploadTooLargeException(options.Value.MaxUploadBytes);
                hash.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            }
            return new IncomingFile(path, size, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        catch
        {
            File.Delete(path);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Where the media of a stored clip lies.</summary>
    public string PathOf(string sha256) => Path.Combine(folder.MediaFolder, sha256[..2], sha256);

    /// <summary>Makes a received file durable and moves it to its place; a file of the same content that is there already stays.</summary>
    public void Keep(IncomingFile file)
    {
        string path = PathOf(file.Sha256);
        if (File.Exists(path))
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (FileStream stream = new(file.Path, FileMode.Open, FileAccess.ReadWrite))
            stream.Flush(flushToDisk: true);
        File.Move(file.Path, path);
    }

    public void Remove(string sha256) => File.Delete(PathOf(sha256));

    /// <summary>
    /// Removes the media a killed process left whose clip was never stored or is deleted (unfinished uploads are the data folder's to remove).
    /// Called once, before the first request: a data folder belongs to one process.
    /// </summary>
    public async Task SweepAsync(ISceneIndex index, CancellationToken cancellationToken = default)
    {
        int removed = 0;
        IReadOnlySet<string> known = await index.ListContentAsync(cancellationToken).ConfigureAwait(false);
        foreach (string path in Directory.EnumerateFiles(folder.MediaFolder, "*", SearchOption.AllDirectories))
        {
            if (known.Contains(Path.GetFileName(path)))
                continue;
            File.Delete(path);
            removed++;
        }
        if (removed > 0)
            LogSwept(logger, removed);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed {Count} media files that belong to no stored clip.")]
    private static partial void LogSwept(ILogger logger, int count);
}

/// <summary>An upload on disk that belongs to no clip yet; disposing it removes the file if it is still there.</summary>
public sealed class IncomingFile(string path, long sizeBytes, string sha256) : IDisposable
{
    public string Path { get; } = path;
    public long SizeBytes { get; } = sizeBytes;

    /// <summary>SHA-256 of the content, lower-case hex.</summary>
    public string Sha256 { get; } = sha256;

    public void Dispose() => File.Delete(Path);
}
