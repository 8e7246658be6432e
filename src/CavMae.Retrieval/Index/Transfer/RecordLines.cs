using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace CavMae.Retrieval.Index.Transfer;

/// <summary>The lines of a file as bytes, one at a time, none longer than memory should be asked for.</summary>
internal static class RecordLines
{
    /// <summary>Far more than a clip of a day's length takes, with the largest metadata a service can be set to let in (16 MiB, six times that when every byte is escaped).</summary>
    private const int MaxLineBytes = 128 << 20;

    /// <returns>Each line without its end; valid until the next is asked for.</returns>
    /// <exception cref="TransferException">A line is too long, or the last one has no end.</exception>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        FileStream file = new(path, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, BufferSize = 0 });
        await using (file.ConfigureAwait(false))
        {
            PipeReader pipe = PipeReader.Create(file, new StreamPipeReaderOptions(bufferSize: 1 << 16));
            while (true)
            {
                ReadResult result = await pipe.ReadAsync(cancellationToken).ConfigureAwait(false);
                ReadOnlySequence<byte> buffer = result.Buffer;
                while (buffer.PositionOf((byte)'\n') is { } end)
                {
                    yield return buffer.Slice(0, end).ToArray();
                    buffer = buffer.Slice(buffer.GetPosition(1, end));
                }
                if (buffer.Length > MaxLineBytes)
                    throw new TransferException($"'{path}' has a line of more than {MaxLineBytes} bytes.");
                if (result.IsCompleted && buffer.Length > 0)
                    throw new TransferException($"'{path}' breaks off in the middle of a line.");
                pipe.AdvanceTo(buffer.Start, buffer.End);
                if (result.IsCompleted)
                    yield break;
            }
        }
    }
}
