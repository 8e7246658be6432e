using System.Net;

namespace CavMae.Retrieval.Cli.Remote;

/// <summary>A file as a part of a request: read as it is sent, a buffer at a time.</summary>
/// <param name="path">The file.</param>
/// <param name="sizeBytes">Its size when the request was made; a file that has another by now is not sent.</param>
/// <param name="advance">Told of bytes sent.</param>
internal sealed class FileContent(string path, long sizeBytes, Action<long> advance) : HttpContent
{
    private const int BufferBytes = 128 * 1024;

    /// <summary>Why the file could not be read; null where reading did not fail.</summary>
    public Exception? ReadFailure { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[BufferBytes];
        FileStream file = OnFile(() => new FileStream(path, new FileStreamOptions { Share = FileShare.Read, BufferSize = 0, Options = FileOptions.Asynchronous | FileOptions.SequentialScan }));
        await using (file.ConfigureAwait(false))
        {
            // What was promised is sent, no more and no less: the length stands before it.
            OnFile(() => file.Length == sizeBytes ? 0 : throw new IOException($"'{path}' changed its size while it was sent."));
            for (long sent = 0; sent < sizeBytes;)
            {
                int read = await ReadAsync(file, buffer.AsMemory(0, (int)Math.Min(buffer.Length, sizeBytes - sent)), cancellationToken).ConfigureAwait(false);
                await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                sent += read;
                advance(read);
            }
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = sizeBytes;
        return true;
    }

    private async ValueTask<int> ReadAsync(FileStream file, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            int read = await file.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            return read > 0 ? read : throw new IOException($"'{path}' became shorter while it was sent.");
        }
        catch (IOException problem)
        {
            ReadFailure = problem;
            throw;
        }
    }

    private T OnFile<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            ReadFailure = problem;
            throw;
        }
    }
}
