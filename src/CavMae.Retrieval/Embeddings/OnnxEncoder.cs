using Microsoft.ML.OnnxRuntime;

namespace CavMae.Retrieval.Embeddings;

/// <summary>
/// One ONNX session that turns items into unit vectors, on buffers that are allocated once. Thread-safe; one call runs at a time.
/// </summary>
internal abstract class OnnxEncoder<TItem> : IDisposable
{
    private readonly EncoderPlan plan;
    private readonly IReadOnlyList<HostBuffer> inputs;
    private readonly HostBuffer<float> output;
    private readonly InferenceSession session;
    private readonly EncoderThread? thread;
    private readonly Dictionary<int, BoundBatch> batches = [];
    private readonly Lock turn = new();
    private bool isDisposed;

    /// <param name="path">The graph.</param>
    /// <param name="plan">How it is run.</param>
    /// <param name="inputs">A buffer for each input of the graph, of as many rows as the largest batch.</param>
    /// <exception cref="ModelException">The graph does not load, or has other inputs or outputs.</exception>
    protected OnnxEncoder(string path, EncoderPlan plan, IReadOnlyList<HostBuffer> inputs)
    {
        (this.plan, this.inputs) = (plan, inputs);
        output = new HostBuffer<float>("embedding", [plan.Dimension], plan.Buckets.Largest);
        thread = plan.OwnThread ? new EncoderThread($"{Path.GetFileNameWithoutExtension(path)} encoder") : null;
        try
        {
            // On the thread that will run it: what a GPU keeps for each thread, the context in use among it, is then there.
            InferenceSession? opened = null;
            OnThread(() => opened = OpenSession(path));
            session = opened!;
        }
        catch
        {
            thread?.Dispose();
            throw;
        }
    }

    /// <summary>Encodes any number of items, in runs of at most the largest batch size.</summary>
    /// <returns>
    /// One vector an item, in their order: of unit length (see <see cref="SceneEmbedding.IsUnit"/>), unless the graph fails on an item, which then
    /// concerns no other item of the batch.
    /// </returns>
    public float[][] Encode(IReadOnlyList<TItem> items)
    {
        float[][] vectors = new float[items.Count][];
        lock (turn)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            OnThread(() => EncodeAll(items, vectors));
        }
        return vectors;
    }

    /// <summary>Puts an item into a row of the input buffers; whatever was there before is overwritten.</summary>
    protected abstract void Write(TItem item, int row);

    private void EncodeAll(IReadOnlyList<TItem> items, float[][] vectors)
    {
        for (int first = 0; first < items.Count; first += plan.Buckets.Largest)
            EncodeBatch(items, vectors, first, Math.Min(plan.Buckets.Largest, items.Count - first));
    }

    private void EncodeBatch(IReadOnlyList<TItem> items, float[][] vectors, int first, int count)
    {
        for (int row = 0; row < count; row++)
            Write(items[first + row], row);
        int rows = plan.Buckets.SizeFor(count);
        // Rows do not depend on each other. What fills up is real data, so that no special value can slow a run down or make it fail.
        foreach (HostBuffer input in inputs)
            input.Repeat(count - 1, count, rows);
        BatchOf(rows).Run();
        for (int row = 0; row < count; row++)
            vectors[first + row] = output.Row(row).ToArray();
    }

    private BoundBatch BatchOf(int rows)
    {
        if (!batches.TryGetValue(rows, out BoundBatch? batch))
        {
            batch = plan.Provider is ExecutionProvider.Cuda && plan.Gpu.CudaGraphs
                ? new CapturedBatch(session, plan.Gpu.DeviceId, rows, inputs, output)
                : new HostBatch(session, rows, inputs, output);
            batches.Add(rows, batch);
        }
        return batch;
    }

    /// <summary>Waits for the run under way.</summary>
    public void Dispose()
    {
        lock (turn)
        {
            if (isDisposed)
                return;
            isDisposed = true;
            try
            {
                OnThread(Close);
            }
            finally
            {
                thread?.Dispose();
            }
        }
        GC.SuppressFinalize(this);
    }

    private void OnThread(Action action)
    {
        if (thread is null)
            action();
        else
            thread.Run(action);
    }

    private InferenceSession OpenSession(string path)
    {
        string file = Path.GetFileName(path);
        using SessionOptions options = ProviderSettings.CreateSessionOptions(plan, Path.GetFileNameWithoutExtension(path), inputs);
        InferenceSession? opened = null;
        try
        {
            opened = new InferenceSession(path, options);
            GraphSignature.Check(opened, file, inputs, output);
            return opened;
        }
        catch (OnnxRuntimeException e)
        {
            throw new ModelException($"'{file}' cannot be loaded: {e.Message}", e);
        }
        catch
        {
            opened?.Dispose();
            throw;
        }
    }

    private void Close()
    {
        foreach (BoundBatch batch in batches.Values)
            batch.Dispose();
        session.Dispose();
    }
}
