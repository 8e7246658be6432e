using System.Globalization;
using System.Numerics.Tensors;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.Logging;

namespace CavMae.Retrieval.Embeddings;

/// <summary>
/// Scenes to unit vectors, by the <c>forward_feat</c> path of CAV-MAE (paper, section 4.4): each modality through its own branch and the
/// shared layer, mean over patches, L2. One per process; any thread may call it, and concurrent calls share batches.
/// </summary>
public sealed partial class SceneEncoder : IAsyncDisposable
{
    private static readonly TimeSpan GpuQueueDelay = TimeSpan.FromMilliseconds(5);

    private readonly EncoderSessions sessions;
    private readonly int queueCapacity;
    private readonly BatchQueue<PcmAudio> audioQueue;
    private readonly BatchQueue<RgbFrame> visualQueue;

    /// <summary>Each run takes all the cores of a CPU, so on a CPU the two encoders take turns instead of getting in each other's way.</summary>
    private readonly Lock cpuTurn = new();

    private SceneEncoder(ModelBundle bundle, EncoderSessions sessions, ModelOptions options, TimeProvider time)
    {
        this.sessions = sessions;
        queueCapacity = options.QueueCapacity;
        Model = bundle.Manifest;
        TimeSpan delay = options.MaxQueueDelay ?? (Provider is ExecutionProvider.Cpu ? TimeSpan.Zero : GpuQueueDelay);
        audioQueue = new BatchQueue<PcmAudio>(batch => InTurn(sessions.Audio.Encode, batch), sessions.MaxBatch, delay, time);
        visualQueue = new BatchQueue<RgbFrame>(batch => InTurn(sessions.Visual.Encode, batch), sessions.MaxBatch, delay, time);
    }

    public ModelManifest Model { get; }

    /// <summary>The execution provider in use; never <see cref="ExecutionProvider.Auto"/>.</summary>
    public ExecutionProvider Provider => sessions.Provider;

    /// <summary>Items that wait for the audio encoder or are in it.</summary>
    public int AudioQueueDepth => audioQueue.Depth;

    /// <inheritdoc cref="AudioQueueDepth"/>
    public int VisualQueueDepth => visualQueue.Depth;

    /// <summary>Verifies the bundle, opens both encoders and runs each once, so that the first request is as fast as the next.</summary>
    /// <exception cref="ModelException">The bundle or the execution provider cannot be used; the message says what to do.</exception>
    public static async Task<SceneEncoder> OpenAsync(ModelOptions options, ILogger<SceneEncoder> logger, TimeProvider time, CancellationToken cancellationToken = default)
    {
        ModelBundle bundle = await ModelBundle.OpenAsync(options.Path, cancellationToken).ConfigureAwait(false);
        EncoderSessions sessions = EncoderSessions.Open(bundle, options, logger);
        LogOpened(logger, bundle.Manifest.ModelId, bundle.Manifest.Dimension, sessions.Provider);
        if (!bundle.Manifest.Trained)
            LogUntrained(logger, bundle.Manifest.ModelId);
        return new SceneEncoder(bundle, sessions, options, time);
    }

    /// <summary>Asked before a file is begun: what was begun is finished, however long the queue is by then.</summary>
    /// <exception cref="BusyException">As many items as <see cref="ModelOptions.QueueCapacity"/> wait already.</exception>
    public void EnsureNotBusy()
    {
        if (Math.Max(AudioQueueDepth, VisualQueueDepth) >= queueCapacity)
            throw new BusyException($"{queueCapacity} items wait for an encoder already; try again in a moment.");
    }

    /// <summary>Encodes what the scene has: its sound, its frames (normalised mean of their vectors), or both.</summary>
    /// <exception cref="MediaException">NotEmbeddable: the model gives no unit vector for it.</exception>
    public async Task<SceneEmbedding> EncodeAsync(Scene scene, CancellationToken cancellationToken = default)
    {
        Task<float[]>? audio = scene.Audio is { } sound ? audioQueue.EncodeAsync(sound, cancellationToken) : null;
        Task<float[][]> frames = Task.WhenAll(scene.Frames.Select(frame => visualQueue.EncodeAsync(frame, cancellationToken)));
        await Task.WhenAll(audio ?? Task.CompletedTask, frames).ConfigureAwait(false);
        if ((audio is not null && !SceneEmbedding.IsUnit(await audio.ConfigureAwait(false))) || !Array.TrueForAll(await frames.ConfigureAwait(false), vector => SceneEmbedding.IsUnit(vector)))
            throw new MediaException(MediaError.NotEmbeddable, string.Create(CultureInfo.InvariantCulture,
                $"Model {Model.ModelId} gives no vector of unit length for the scene at {scene.Start.TotalSeconds:0.0} s. An export of it with --precision fp32 may."));
        return new SceneEmbedding(scene.Index, scene.Start, scene.End,
            audio is null ? null : await audio.ConfigureAwait(false),
            Average(await frames.ConfigureAwait(false)));
    }

    internal static float[]? Average(float[][] vectors)
    {
        if (vectors.Length <= 1)
            return vectors.FirstOrDefault();
        float[] sum = new float[vectors[0].Length];
        foreach (float[] vector in vectors)
            TensorPrimitives.Add(sum, vector, sum);
        float norm = TensorPrimitives.Norm(sum);
        // Frames that cancel each other out have no mean direction; the middle one stands for the scene.
        if (norm < 1e-6f)
            return vectors[vectors.Length / 2];
        TensorPrimitives.Divide(sum, norm, sum);
        return sum;
    }

    private float[][] InTurn<TItem>(Func<IReadOnlyList<TItem>, float[][]> encode, IReadOnlyList<TItem> batch)
    {
        if (Provider is not ExecutionProvider.Cpu)
            return encode(batch);
        lock (cpuTurn)
            return encode(batch);
    }

    public async ValueTask DisposeAsync()
    {
        await audioQueue.DisposeAsync().ConfigureAwait(false);
        await visualQueue.DisposeAsync().ConfigureAwait(false);
        sessions.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Model {ModelId} (dimension {Dimension}) runs on {Provider}.")]
    private static partial void LogOpened(ILogger logger, string modelId, int dimension, ExecutionProvider provider);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Model {ModelId} is UNTRAINED: the service works, but which scenes it finds means nothing. Set Model:Path to a trained bundle.")]
    private static partial void LogUntrained(ILogger logger, string modelId);
}
