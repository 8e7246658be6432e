using System.Buffers.Binary;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.Logging;

namespace CavMae.Retrieval.Ingest;

/// <summary>
/// Takes a second of silence and a small picture the way of any query, from bytes to vectors, so that the first client does not wait for code
/// to be compiled and ffmpeg to be read from disk. For a service; a program that handles one file has nothing from it.
/// </summary>
public sealed partial class WarmUp(MediaStore media, MediaEmbedder embedder, ILogger<WarmUp> logger)
{
    /// <summary>16 × 16 pixels of grey.</summary>
    private const string PictureBase64 = "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAACXBIWXMAAAABAAAAAQBPJcTWAAAAFElEQVR4nGNoIBEwjGoY1TB8NQAAJYSAEGy7FvQAAAAASUVORK5CYII=";

    private const long BytesInMegabyte = 1_000_000;

    /// <summary>What goes wrong with the two files is logged and no more: it goes wrong for clients too, who are then told.</summary>
    /// <returns>How many scenes came out; 2 where all is well.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<int> RunAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            int[] scenes = await Task.WhenAll(EmbedAsync(SilentWav()), EmbedAsync(Convert.FromBase64String(PictureBase64))).ConfigureAwait(false);
            LogWarm(logger, Environment.WorkingSet / BytesInMegabyte);
            return scenes.Sum();
        }
        catch (Exception reason) when (reason is MediaException or ModelException or IOException or StoreUnavailableException or FfmpegUnavailableException)
        {
            LogFailed(logger, reason);
            return 0;
        }

        async Task<int> EmbedAsync(byte[] content)
        {
            using IncomingFile file = await media.ReceiveAsync(new MemoryStream(content), UploadPurpose.Query, cancellationToken).ConfigureAwait(false);
            return (await embedder.EmbedUncountedAsync(file.Path, MediaStreams.All, cancellationToken).ConfigureAwait(false)).Scenes.Count;
        }
    }

    /// <summary>One second, mono, 16 bits: a RIFF header and zeros.</summary>
    private static byte[] SilentWav()
    {
        const int HeaderBytes = 44, DataBytes = PcmAudio.SampleRateHz * sizeof(short);
        byte[] wav = new byte[HeaderBytes + DataBytes];
        "RIFF"u8.CopyTo(wav);
        Write32(4, HeaderBytes - 8 + DataBytes);
        "WAVEfmt "u8.CopyTo(wav.AsSpan(8));
        Write32(16, 16);
        // PCM (1), one channel, samples and bytes a second, bytes and bits a sample.
        Write32(20, 1 | (1 << 16));
        Write32(24, PcmAudio.SampleRateHz);
        Write32(28, DataBytes);
        Write32(32, sizeof(short) | (8 * sizeof(short) << 16));
        "data"u8.CopyTo(wav.AsSpan(36));
        Write32(40, DataBytes);
        return wav;

        void Write32(int offset, int value) => BinaryPrimitives.WriteInt32LittleEndian(wav.AsSpan(offset), value);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The service is warm; its process holds {Megabytes} MB of memory.")]
    private static partial void LogWarm(ILogger logger, long megabytes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The service could not warm up: it cannot take files in as it is now.")]
    private static partial void LogFailed(ILogger logger, Exception reason);
}
