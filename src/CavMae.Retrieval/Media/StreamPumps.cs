using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace CavMae.Retrieval.Media;

/// <summary>Moves what ffmpeg writes into bounded queues; where a queue is full its pipe fills, and ffmpeg waits.</summary>
internal static class StreamPumps
{
    /// <summary>One second: the unit in which sound is queued.</summary>
    public const int ChunkSamples = PcmAudio.SampleRateHz;

    /// <summary>Reads samples until the end of the pipe.</summary>
    public static async Task PumpSamplesAsync(Stream pipe, ChannelWriter<short[]> chunks, CancellationToken cancellationToken)
    {
        try
        {
            byte[] bytes = new byte[ChunkSamples * sizeof(short)];
            int count;
            do
            {
                count = await pipe.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
                // Little-endian like the machine; half a sample is what a killed process leaves.
                if (count >= sizeof(short))
                    await chunks.WriteAsync(MemoryMarshal.Cast<byte, short>(bytes.AsSpan(0, count & ~1)).ToArray(), cancellationToken).ConfigureAwait(false);
            }
            while (count == bytes.Length);
            chunks.Complete();
        }
        catch (Exception reason) when (reason is IOException or OperationCanceledException)
        {
            chunks.Complete(reason);
        }
    }

    /// <summary>Reads frames until the end of the connection.</summary>
    /// <param name="processEnded">Completes when ffmpeg has ended: then it will not connect any more.</param>
    public static async Task PumpFramesAsync(FrameSocket socket, Task processEnded, ChannelWriter<byte[]> frames, CancellationToken cancellationToken)
    {
        try
        {
            using CancellationTokenSource stopAccepting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task<Socket> accepting = socket.AcceptAsync(stopAccepting.Token);
            // A connection made before the end is waiting already and is still taken, however busy the machine is.
            if (await Task.WhenAny(accepting, processEnded).ConfigureAwait(false) == processEnded && !socket.HasConnectionOrHadOne)
                await stopAccepting.CancelAsync().ConfigureAwait(false);
            using NetworkStream connection = new(await accepting.ConfigureAwait(false), ownsSocket: true);
            while (true)
            {
                byte[] frame = GC.AllocateUninitializedArray<byte>(RgbFrame.ByteCount);
                int count = await connection.ReadAtLeastAsync(frame, frame.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
                if (count < frame.Length)
                    break;
                await frames.WriteAsync(frame, cancellationToken).ConfigureAwait(false);
            }
            frames.Complete();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // ffmpeg ended without connecting: no frames, and its exit status says why.
            frames.Complete();
        }
        catch (Exception reason) when (reason is IOException or SocketException or OperationCanceledException)
        {
            frames.Complete(reason);
        }
    }
}
