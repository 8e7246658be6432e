using System.Runtime.ExceptionServices;

namespace CavMae.Training.Data;

/// <summary>One pass through an epoch: its worker threads, and the batches they fill ahead of the consumer.</summary>
internal sealed class BatchReading : IDisposable
{
    private readonly SlotReader _slots;
    private readonly BatchLoaderOptions _options;
    private readonly Func<Batch> _rent;
    private readonly Action<Batch> _giveBack;
    private readonly int _endBatch;
    private readonly List<Thread> _workers = [];

    /// <summary>Guards everything below; pulsed whenever somebody may go on.</summary>
    private readonly object _gate = new();

    /// <summary>In the consumer's order; the last one may still have places that nobody reads yet.</summary>
    private readonly Queue<Filling> _ahead = new();
    private Filling? _handingOut;
    private int _nextBatch;
    private bool _isStopped;

    public BatchReading(SlotReader slots, int firstBatch, int endBatch, BatchLoaderOptions options, Func<Batch> rent, Action<Batch> giveBack) =>
        (_slots, _nextBatch, _endBatch, _options, _rent, _giveBack) = (slots, firstBatch, endBatch, options, rent, giveBack);

    public void Start()
    {
        for (int i = 0; i < _options.Workers; i++)
        {
            Thread worker = new(Work) { IsBackground = true, Name = $"Samples {i}" };
            _workers.Add(worker);
            worker.Start();
        }
    }

    /// <summary>The next batch, waited for; null behind the last one.</summary>
    /// <exception cref="OperationCanceledException">Cancelled or stopped.</exception>
    public Batch? Next(CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration waking = cancellationToken.Register(Wake);
        lock (_gate)
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (_isStopped)
                    throw new OperationCanceledException("Reading was stopped.");
                if (_ahead.TryPeek(out Filling? first) && first.IsDone)
                {
                    _ahead.Dequeue();
                    Monitor.PulseAll(_gate);
                    if (first.Failure is not null)
                    {
                        _giveBack(first.Batch);
                        first.Failure.Throw();
                    }
                    return first.Batch;
                }
                if (first is null && _nextBatch == _endBatch)
                    return null;
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>Ends the workers and waits for them.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isStopped = true;
            Monitor.PulseAll(_gate);
        }
        _workers.ForEach(worker => worker.Join());
        lock (_gate)
        {
            while (_ahead.TryDequeue(out Filling? unused))
                _giveBack(unused.Batch);
        }
    }

    private void Wake()
    {
        lock (_gate)
            Monitor.PulseAll(_gate);
    }

    private void Work()
    {
        while (TakeSlot() is var (filling, slot))
        {
            ExceptionDispatchInfo? failure = null;
            try
            {
                _slots.Read(filling.Batch, slot);
            }
            // Whatever it is, it is the consumer's to see, in its turn.
            catch (Exception problem)
            {
                failure = ExceptionDispatchInfo.Capture(problem);
            }
            lock (_gate)
            {
                filling.SlotDone(failure);
                if (filling.IsDone)
                    Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>A place to fill, waited for; null when there is nothing left to do.</summary>
    private (Filling Filling, int Slot)? TakeSlot()
    {
        lock (_gate)
        {
            while (!_isStopped)
            {
                if (_handingOut?.TakeSlot() is { } slot)
                    return (_handingOut, slot);
                if (_nextBatch == _endBatch)
                    return null;
                if (_ahead.Count < _options.BatchesAhead)
                    Open();
                else
                    Monitor.Wait(_gate);
            }
            return null;
        }
    }

    private void Open()
    {
        Batch batch = _rent();
        batch.Begin(_nextBatch, _slots.BatchLength(_nextBatch), _giveBack);
        _nextBatch++;
        _ahead.Enqueue(_handingOut = new Filling(batch));
    }

    /// <summary>A batch on its way.</summary>
    private sealed class Filling(Batch batch)
    {
        private int _taken;
        private int _done;

        public Batch Batch { get; } = batch;

        /// <summary>Why the batch cannot be had: the first thing that went wrong.</summary>
        public ExceptionDispatchInfo? Failure { get; private set; }

        public bool IsDone => _done == Batch.Count;

        public int? TakeSlot() => _taken < Batch.Count ? _taken++ : null;

        public void SlotDone(ExceptionDispatchInfo? failure)
        {
            _done++;
            Failure ??= failure;
        }
    }
}
