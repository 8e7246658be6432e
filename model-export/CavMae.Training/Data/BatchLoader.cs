using System.Diagnostics;

namespace CavMae.Training.Data;

/// <summary>
/// Reads a source's samples in batches, ahead of the consumer, on threads of its own. What a batch holds is a function of seed, epoch
/// and the batch's number alone, so a run can go on at any batch of any epoch. For one consumer; a second pass begins when the first
/// one has ended.
/// </summary>
/// <remarks>
/// An unreadable sample is counted and named, and another takes its place: the first readable one in the epoch's order of those that
/// come after its batch (round to the epoch's start), as far behind the batch's end as the unreadable one is behind its beginning. A
/// sample of the same batch would be its own negative in the contrastive loss. Where only the sample that one is mixed with cannot be
/// read, that one is counted and named, and another is drawn.
/// </remarks>
public sealed class BatchLoader : IDisposable
{
    private readonly ISampleSource _source;
    private readonly BatchLoaderOptions _options;
    private readonly Stack<Batch> _free = [];
    private readonly List<UnreadableSample> _unreadable = [];
    private BatchReading? _reading;
    private bool _isDisposed;
    private long _waitedTicks, _ranTicks;

    /// <exception cref="ArgumentOutOfRangeException">An option out of range.</exception>
    /// <exception cref="ArgumentException">The source is empty.</exception>
    public BatchLoader(ISampleSource source, BatchLoaderOptions options)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (source.Count == 0)
            throw new ArgumentException("There are no samples to read.", nameof(source));
        (_source, _options) = (source, options);
    }

    /// <summary>How long the consumer waited for batches, over all passes.</summary>
    public TimeSpan WaitTime => Stopwatch.GetElapsedTime(0, _waitedTicks);

    /// <summary>How long the consumer worked between batches, over all passes.</summary>
    public TimeSpan RunTime => Stopwatch.GetElapsedTime(0, _ranTicks);

    /// <summary>Share of the consumer's time that it waited, 0 to 1: above a few percent, reading is too slow.</summary>
    public double WaitingShare => _waitedTicks == 0 ? 0 : (double)_waitedTicks / (_waitedTicks + _ranTicks);

    /// <summary>What could not be read so far, each sample once in a pass, in the order it was found.</summary>
    public IReadOnlyList<UnreadableSample> Unreadable
    {
        get
        {
            lock (_unreadable)
                return [.. _unreadable];
        }
    }

    /// <summary>Batches of an epoch.</summary>
    public int BatchCount(int epoch) => BatchCountOf(Order(epoch).Count);

    /// <summary>The order in which an epoch takes its samples.</summary>
    public IReadOnlyList<int> Order(int epoch) => _options.OrderOfEpoch?.Invoke(epoch)
        ?? (_options.Shuffle ? SampleOrder.Shuffled(_source.Count, _options.Seed, epoch) : SampleOrder.Sequential(_source.Count));

    /// <summary>The batches of an epoch in order. Each is to be disposed when it is used up. Leaving the loop ends the workers.</summary>
    /// <param name="epoch">Counts from 0.</param>
    /// <param name="firstBatch">Where to begin; 0 is the epoch's start, the number of batches gives none.</param>
    /// <exception cref="UnreadableSamplesException">Too many samples cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the loader was disposed.</exception>
    /// <exception cref="InvalidOperationException">Another pass is under way.</exception>
    public IEnumerable<Batch> Read(int epoch, int firstBatch = 0, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        IReadOnlyList<int> order = Order(epoch);
        int batches = BatchCountOf(order.Count);
        ArgumentOutOfRangeException.ThrowIfNegative(firstBatch);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstBatch, batches);
        return ReadBatches(epoch, firstBatch, batches, order, cancellationToken);
    }

    /// <summary>Ends all workers and waits for them (each finishes the sample it reads).</summary>
    public void Dispose()
    {
        _isDisposed = true;
        _reading?.Dispose();
    }

    private IEnumerable<Batch> ReadBatches(int epoch, int firstBatch, int batches, IReadOnlyList<int> order, CancellationToken cancellationToken)
    {
        UnreadableCount unreadable = new(epoch, order.Count, _options.MaxUnreadableShare, Found);
        SlotReader slots = new(_source, order, epoch, _options.BatchSize, unreadable);
        BatchReading reading = new(slots, firstBatch, batches, _options, Rent, GiveBack);
        if (Interlocked.CompareExchange(ref _reading, reading, null) is not null)
            throw new InvalidOperationException("Another pass through the samples has not ended.");
        try
        {
            reading.Start();
            long mark = Stopwatch.GetTimestamp();
            while (reading.Next(cancellationToken) is { } batch)
            {
                _waitedTicks += Stopwatch.GetTimestamp() - mark;
                mark = Stopwatch.GetTimestamp();
                yield return batch;
                _ranTicks += Stopwatch.GetTimestamp() - mark;
                mark = Stopwatch.GetTimestamp();
            }
        }
        finally
        {
            reading.Dispose();
            _reading = null;
        }
    }

    private int BatchCountOf(int samples) => _options.DropLast ? samples / _options.BatchSize : (samples + _options.BatchSize - 1) / _options.BatchSize;

    private void Found(UnreadableSample sample)
    {
        lock (_unreadable)
            _unreadable.Add(sample);
    }

    private Batch Rent()
    {
        lock (_free)
        {
            if (_free.TryPop(out Batch? batch))
                return batch;
        }
        return new Batch(_options.BatchSize);
    }

    private void GiveBack(Batch batch)
    {
        lock (_free)
            _free.Push(batch);
    }
}
