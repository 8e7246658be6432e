namespace CavMae.Training.Data;

/// <summary>How batches are read.</summary>
public sealed record BatchLoaderOptions
{
    /// <summary>Samples in a batch, 1 or more. One sample takes 1.1 MB of each batch that is held.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Threads that read samples, 1 or more.</summary>
    public int Workers { get; init; } = Math.Max(1, Environment.ProcessorCount);

    /// <summary>Batches read or being read before the consumer asks, 1 or more: memory against waiting.</summary>
    public int BatchesAhead { get; init; } = 2;

    /// <summary>Chooses the order of samples, together with the epoch.</summary>
    public long Seed { get; init; }

    /// <summary>Every epoch in another order; false: 0, 1, 2 …</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>
    /// The order of an epoch's samples, in place of <see cref="Shuffle"/>: for balanced sampling
    /// (<see cref="SampleOrder.Balanced"/>) or a part of the samples. Has to give the same for the same epoch.
    /// </summary>
    public Func<int, IReadOnlyList<int>>? OrderOfEpoch { get; init; }

    /// <summary>Leave out a last batch that is not full.</summary>
    public bool DropLast { get; init; }

    /// <summary>Share of an epoch's samples that may be unreadable, 0 to 1; more end the run.</summary>
    public double MaxUnreadableShare { get; init; } = 0.02;

    /// <exception cref="ArgumentOutOfRangeException">A value out of range.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1, nameof(BatchSize));
        ArgumentOutOfRangeException.ThrowIfLessThan(Workers, 1, nameof(Workers));
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchesAhead, 1, nameof(BatchesAhead));
        if (MaxUnreadableShare is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(MaxUnreadableShare), MaxUnreadableShare, $"{nameof(MaxUnreadableShare)} is 0 to 1.");
    }
}
