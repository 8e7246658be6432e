using System.Diagnostics;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Embeddings;

/// <summary>A whole file's way from bytes to vectors: decoding goes on while scenes are encoded, and only a few scenes are in memory.</summary>
public sealed class MediaEmbedder(MediaDecoder decoder, SceneEncoder encoder, RetrievalMetrics metrics, IOptions<MediaOptions> options)
{
    /// <summary>Scenes of one file under way at once: enough to keep both encoders busy, few enough to leave room for other files.</summary>
    private const int MaxScenesInFlight = 4;

    /// <summary>
    /// The same where nobody waits and one encoder takes the whole processor: one batch. A request then waits for at most that one beside the one
    /// that runs.
    /// </summary>
    private const int MaxBackgroundScenesInFlight = 2;

    private int files;

    /// <summary>Files that wait to be decoded or are being decoded and encoded.</summary>
    public int FilesUnderWay => Volatile.Read(ref files);

    /// <exception cref="MediaException">The file cannot be used, or lacks the streams that are needed.</exception>
    /// <exception cref="BusyException">Too many files wait to be decoded, or too many scenes to be encoded.</exception>
    public async Task<EmbeddedMedia> EmbedAsync(string path, MediaStreams wanted, CancellationToken cancellationToken = default) =>
        (await EmbedAsync(path, wanted, EmbedSteps.None, cancellationToken).ConfigureAwait(false))!;

    /// <returns>Null where <see cref="EmbedSteps.Begin"/> said no.</returns>
    /// <exception cref="MediaException">The file cannot be used, or lacks the streams that are needed.</exception>
    /// <exception cref="BusyException">Too much waits already; not where it is in the background.</exception>
    internal async Task<EmbeddedMedia?> EmbedAsync(string path, MediaStreams wanted, EmbedSteps steps, CancellationToken cancellationToken)
    {
        if (steps.IsBackground)
            return await DecodeAndEncodeAsync(path, wanted, steps, cancellationToken).ConfigureAwait(false);
        try
        {
            if (Interlocked.Increment(ref files) > options.Value.QueueCapacity)
                throw new BusyException($"{options.Value.QueueCapacity} files wait to be decoded already; try again in a moment.");
            encoder.EnsureNotBusy();
            EmbeddedMedia? embedded = await DecodeAndEncodeAsync(path, wanted, steps, cancellationToken).ConfigureAwait(false);
            if (embedded is null)
                return null;
            metrics.RecordDecode(embedded.DecodeTime);
            metrics.RecordEmbed(embedded.EmbedTime);
            return embedded;
        }
        finally
        {
            Interlocked.Decrement(ref files);
        }
    }

    /// <summary>The same, whatever else waits, and not counted in the service's metrics.</summary>
    /// <exception cref="MediaException">The file cannot be used, or lacks the streams that are needed.</exception>
    internal async Task<EmbeddedMedia> EmbedUncountedAsync(string path, MediaStreams wanted, CancellationToken cancellationToken) =>
        (await DecodeAndEncodeAsync(path, wanted, new EmbedSteps { IsCounted = false }, cancellationToken).ConfigureAwait(false))!;

    private async Task<EmbeddedMedia?> DecodeAndEncodeAsync(string path, MediaStreams wanted, EmbedSteps steps, CancellationToken cancellationToken)
    {
        // Linked, so that one failed scene stops the others and the decoder with it.
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Stopwatch decodeWatch = Stopwatch.StartNew();
        MediaSource source = await decoder.OpenAsync(path, stop.Token).ConfigureAwait(false);
        decodeWatch.Stop();
        if (!steps.Begin(source))
            return null;
        int maxInFlight = steps.IsBackground && encoder.Provider is ExecutionProvider.Cpu ? MaxBackgroundScenesInFlight : MaxScenesInFlight;
        Stopwatch embedWatch = new();
        List<SceneEmbedding> embeddings = [];
        Queue<Task<SceneEmbedding>> inFlight = new();
        try
        {
            await using IAsyncEnumerator<Scene> scenes = decoder.DecodeAsync(source, wanted, takesTurn: !steps.IsBackground, stop.Token).GetAsyncEnumerator(stop.Token);
            while (await NextAsync(scenes, decodeWatch).ConfigureAwait(false))
            {
                if (steps.Find(scenes.Current) is { } known)
                {
                    // What was encoded before comes before what is encoded now.
                    await FinishAsync(leaving: 0).ConfigureAwait(false);
                    embeddings.Add(known);
                    continue;
                }
                inFlight.Enqueue(encoder.EncodeAsync(scenes.Current, stop.Token));
                await FinishAsync(leaving: maxInFlight - 1).ConfigureAwait(false);
            }
            await FinishAsync(leaving: 0).ConfigureAwait(false);
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(inFlight).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
            throw;
        }
        return new EmbeddedMedia(source.Info, embeddings, decodeWatch.Elapsed, embedWatch.Elapsed);

        async Task FinishAsync(int leaving)
        {
            while (inFlight.Count > leaving)
            {
                SceneEmbedding embedding = await TimedAsync(inFlight.Dequeue(), embedWatch).ConfigureAwait(false);
                if (steps.IsCounted)
                    metrics.RecordScene();
                embeddings.Add(embedding);
                steps.Encoded(embedding);
            }
        }
    }

    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<Scene> scenes, Stopwatch watch)
    {
        watch.Start();
        bool more = await scenes.MoveNextAsync().ConfigureAwait(false);
        watch.Stop();
        return more;
    }

    private static async Task<SceneEmbedding> TimedAsync(Task<SceneEmbedding> task, Stopwatch watch)
    {
        watch.Start();
        SceneEmbedding embedding = await task.ConfigureAwait(false);
        watch.Stop();
        return embedding;
    }
}

/// <param name="Info">What the probe said.</param>
/// <param name="Scenes">The scenes in order; at least one.</param>
/// <param name="DecodeTime">Time waited for ffmpeg. Encoding goes on meanwhile.</param>
/// <param name="EmbedTime">Time waited for the encoders where ffmpeg was ahead of them.</param>
public sealed record EmbeddedMedia(MediaInfo Info, IReadOnlyList<SceneEmbedding> Scenes, TimeSpan DecodeTime, TimeSpan EmbedTime);
