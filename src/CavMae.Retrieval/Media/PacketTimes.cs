namespace CavMae.Retrieval.Media;

/// <summary>When a stream's packets are shown, in ticks of its time base: 8 bytes a picture, a few numbers for any other stream.</summary>
/// <param name="keepsStamps">Whether every packet's time is kept; else only the first and the last.</param>
internal sealed class PacketTimes(bool keepsStamps)
{
    private readonly List<long> _stamps = [];
    private long _lastStamp = long.MinValue;
    private long _lastStepTicks;
    private long _largestGapTicks;

    public static PacketTimes None { get; } = new(keepsStamps: false);

    /// <summary>Packets that are shown.</summary>
    public int Count { get; private set; }

    /// <summary>Whether every packet says when it is shown.</summary>
    public bool HasAllStamps => _stamps.Count == Count;

    /// <summary>How long the last one shown lasts; 0 where it does not say.</summary>
    public long LastTicks { get; private set; }

    /// <summary>Beginning of the first and end of the last packet shown; by decoding times where there are no others.</summary>
    public long Start { get; private set; } = long.MaxValue;

    /// <inheritdoc cref="Start"/>
    public long End { get; private set; } = long.MinValue;

    /// <summary>When the first packet is shown; null where no packet is timed.</summary>
    public double? StartSeconds(double secondsPerTick) => Start > End ? null : Start * secondsPerTick;

    /// <summary>The same with the packets that an edit list leaves out.</summary>
    public long StoredStart { get; private set; } = long.MaxValue;

    /// <inheritdoc cref="StoredStart"/>
    public long StoredEnd { get; private set; } = long.MinValue;

    /// <param name="isDiscarded">The container says to decode it, but not to show it.</param>
    public void Add(long? presentation, long? decoding, long ticks, bool isDiscarded)
    {
        if (!isDiscarded)
            Count++;
        if ((presentation ?? decoding) is not { } stamp)
            return;
        StoredStart = Math.Min(StoredStart, stamp);
        StoredEnd = Math.Max(StoredEnd, stamp + ticks);
        if (isDiscarded)
            return;
        Start = Math.Min(Start, stamp);
        End = Math.Max(End, stamp + ticks);
        if (keepsStamps && presentation is not null)
            _stamps.Add(stamp);
        if (stamp < _lastStamp)
            return;
        if (_lastStamp != long.MinValue)
            MeasureGap(stamp);
        (_lastStamp, LastTicks) = (stamp, ticks);
    }

    /// <summary>
    /// The longest time between a packet's end and the beginning of the one stored next; meant for sound, which is stored in the order it
    /// is heard. A packet lasts as long as it says, or as the one before did where it says nothing or more: MP4 cannot say that a packet
    /// ends before the next one begins.
    /// </summary>
    public double LargestGapSeconds(double secondsPerTick) => _largestGapTicks * secondsPerTick;

    /// <summary>The kept times, in the order of decoding.</summary>
    public long[] ToStamps() => [.. _stamps];

    /// <summary>Seconds from the first beginning to the last end; 0 where no packet is timed.</summary>
    public double Seconds(double secondsPerTick) => Start > End ? 0 : (End - Start) * secondsPerTick;

    /// <inheritdoc cref="Seconds"/>
    public double StoredSeconds(double secondsPerTick) => StoredStart > StoredEnd ? 0 : (StoredEnd - StoredStart) * secondsPerTick;

    private void MeasureGap(long stamp)
    {
        long step = stamp - _lastStamp;
        long expected = LastTicks > 0 && _lastStepTicks > 0 ? Math.Min(LastTicks, _lastStepTicks) : Math.Max(LastTicks, _lastStepTicks);
        if (expected > 0)
            _largestGapTicks = Math.Max(_largestGapTicks, step - expected);
        _lastStepTicks = step;
    }
}
