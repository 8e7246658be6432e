using System.Threading.Channels;

namespace CavMae.Retrieval.Embeddings;

/// <summary>
/// Gathers single items of many callers into batches for one encoder. One batch runs at a time; while it runs, the next one fills.
/// </summary>
internal sealed class BatchQueue<TItem> : IAsyncDisposable
{
    private readonly Channel<Waiting> channel;
    private readonly Func<IReadOnlyList<TItem>, float[][]> encode;
    private readonly int maxBatch;
    private readonly TimeSpan maxDelay;
    private readonly TimeProvider time;
    private readonly Task worker;
    private int depth;

    /// <param name="encode">Turns a batch into one vector an item; called from one thread at a time.</param>
    /// <param name="maxBatch">Most items of a batch.</param>
    /// <param name="maxDelay">How long the first item of a batch waits for more.</param>
    /// <param name="time">Clock.</param>
    public BatchQueue(Func<IReadOnlyList<TItem>, float[][]> encode, int maxBatch, TimeSpan maxDelay, TimeProvider time)
    {
        (this.encode, this.maxBatch, this.maxDelay, this.time) = (encode, maxBatch, maxDelay, time);
        channel = Channel.CreateUnbounded<Waiting>(new UnboundedChannelOptions { SingleReader = true });
        worker = Task.Run(RunAsync);
    }

    /// <summary>Items waiting or being encoded.</summary>
    public int Depth => Volatile.Read(ref depth);

    /// <exception cref="OperationCanceledException">Cancelled; an item that still waits is not encoded.</exception>
    public async Task<float[]> EncodeAsync(TItem item, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Interlocked.Increment(ref depth);
        Waiting waiting = new(item, cancellationToken);
        if (!channel.Writer.TryWrite(waiting))
        {
            Interlocked.Decrement(ref depth);
            throw new ObjectDisposedException(nameof(BatchQueue<TItem>));
        }
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((Waiting)state!).Completion.TrySetCanceled(token), waiting);
        return await waiting.Completion.Task.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        List<Waiting> batch = new(maxBatch);
        while (await channel.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            await GatherAsync(batch).ConfigureAwait(false);
            RunBatch(batch);
            Interlocked.Add(ref depth, -batch.Count);
            batch.Clear();
        }
    }

    private async Task GatherAsync(List<Waiting> batch)
    {
        TakeWhatIsThere(batch);
        if (batch.Count == maxBatch || maxDelay == TimeSpan.Zero)
            return;
        using CancellationTokenSource delay = new(maxDelay, time);
        try
        {
            while (batch.Count < maxBatch && await channel.Reader.WaitToReadAsync(delay.Token).ConfigureAwait(false))
                TakeWhatIsThere(batch);
        }
        catch (OperationCanceledException) when (delay.IsCancellationRequested)
        {
            // The wait is over: what has gathered is the batch.
        }
    }

    private void TakeWhatIsThere(List<Waiting> batch)
    {
        while (batch.Count < maxBatch && channel.Reader.TryRead(out Waiting? waiting))
            batch.Add(waiting);
    }

    private void RunBatch(List<Waiting> batch)
    {
        List<Waiting> wanted = batch.FindAll(w => !w.CancellationToken.IsCancellationRequested);
        if (wanted.Count == 0)
            return;
        try
        {
            float[][] vectors = encode(wanted.ConvertAll(w => w.Item));
            for (int i = 0; i < wanted.Count; i++)
                wanted[i].Completion.TrySetResult(vectors[i]);
        }
#pragma warning disable CA1031 // Whatever went wrong belongs to the callers of this batch, and the queue goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            wanted.ForEach(w => w.Completion.TrySetException(e));
        }
    }

    /// <summary>Takes no more items and waits for those that were taken.</summary>
    public async ValueTask DisposeAsync()
    {
        channel.Writer.TryComplete();
        await worker.ConfigureAwait(false);
    }

    private sealed record Waiting(TItem Item, CancellationToken CancellationToken)
    {
        public TaskCompletionSource<float[]> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
