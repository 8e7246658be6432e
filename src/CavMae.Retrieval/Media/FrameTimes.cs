namespace CavMae.Retrieval.Media;

/// <summary>When the frames of a picture stream are shown, as its packets say: known before anything is decoded.</summary>
/// <remarks>
/// Frames are named to ffmpeg by their own time stamps rather than by counting what the decoder puts out, because not every packet
/// gives a picture (a transport stream that begins between key frames, VP8's hidden reference pictures): one missing picture would
/// shift every later ordinal. Only where packets carry no time stamps (AVI with B-frames) are they counted.
/// </remarks>
internal sealed class FrameTimes
{
    /// <summary>Ascending, in units of <see cref="_secondsPerTick"/>; null where frames are counted.</summary>
    private readonly long[]? _stamps;
    private readonly double _secondsPerTick;

    private FrameTimes(long[]? stamps, int count, double secondsPerTick, double framesPerSecond, double lengthSeconds)
    {
        _stamps = stamps;
        _secondsPerTick = secondsPerTick;
        FramesPerSecond = framesPerSecond;
        LengthSeconds = lengthSeconds;
        IsConstantRate = stamps is null || IsRegular(stamps, secondsPerTick, framesPerSecond);
        LargestStepSeconds = stamps is null ? 1 / framesPerSecond : LargestStep(stamps) * secondsPerTick;
        Count = IsConstantRate ? count : Math.Max(1, (int)Math.Round(lengthSeconds * framesPerSecond));
    }

    /// <summary>Whether ffmpeg is to compare time stamps; otherwise it counts frames.</summary>
    public bool HasStamps => _stamps is not null;

    /// <summary>The stream's average rate.</summary>
    public double FramesPerSecond { get; }

    /// <summary>From the first frame's beginning to the last one's end.</summary>
    public double LengthSeconds { get; }

    /// <summary>The longest that one frame stands before the next is shown.</summary>
    public double LargestStepSeconds { get; }

    /// <summary>Every frame is within half a frame of where the rate puts it, so that frames can be addressed by number.</summary>
    public bool IsConstantRate { get; }

    /// <summary>How many frames there are; at a variable rate, how many steps of 1/<see cref="FramesPerSecond"/>.</summary>
    public int Count { get; }

    /// <summary>One picture that stands still.</summary>
    public static FrameTimes Still { get; } = new(null, 1, 1, 1, 0);

    /// <param name="stamps">Time stamps of all frames in any order; sorted in place and kept.</param>
    /// <param name="secondsPerTick">The stream's time base.</param>
    /// <param name="announcedRate">The container's average rate, or 0 where it says none.</param>
    /// <param name="lastTicks">How long the last frame is shown; 0 where nobody says.</param>
    public static FrameTimes FromStamps(long[] stamps, double secondsPerTick, double announcedRate, long lastTicks)
    {
        Array.Sort(stamps);
        double spanSeconds = (stamps[^1] - stamps[0]) * secondsPerTick;
        double measuredRate = spanSeconds > 0 ? (stamps.Length - 1) / spanSeconds : 0;
        double rate = ChooseRate(announcedRate, measuredRate);
        double lastSeconds = lastTicks > 0 ? lastTicks * secondsPerTick : 1 / rate;
        return new FrameTimes(stamps, stamps.Length, secondsPerTick, rate, spanSeconds + lastSeconds);
    }

    /// <summary>Frames without time stamps, evenly in time.</summary>
    public static FrameTimes FromCount(int count, double announcedRate, double measuredRate)
    {
        double rate = ChooseRate(announcedRate, measuredRate);
        return new FrameTimes(null, count, 1, rate, count / rate);
    }

    /// <summary>What a frame is told by: its time stamp, or its number where there are none.</summary>
    public long Key(int index)
    {
        if (_stamps is null)
            return index;
        if (IsConstantRate)
            return _stamps[index];
        double wanted = _stamps[0] + index / FramesPerSecond / _secondsPerTick;
        int after = Array.BinarySearch(_stamps, (long)Math.Round(wanted));
        if (after >= 0)
            return _stamps[after];
        after = ~after;
        if (after == 0)
            return _stamps[0];
        if (after == _stamps.Length)
            return _stamps[^1];
        return wanted - _stamps[after - 1] <= _stamps[after] - wanted ? _stamps[after - 1] : _stamps[after];
    }

    /// <summary>Seconds from the first frame to the one of a key.</summary>
    public double SecondsOf(long key) => _stamps is null ? key / FramesPerSecond : (key - _stamps[0]) * _secondsPerTick;

    /// <summary>The announced rate, unless there is none (0/0) or the packets make nonsense of it.</summary>
    private static double ChooseRate(double announced, double measured)
    {
        const double Nonsense = 4;
        bool isAnnounced = announced is > 1e-4 and <= 1000;
        if (measured <= 0)
            return isAnnounced ? announced : 1;
        return isAnnounced && announced < measured * Nonsense && measured < announced * Nonsense ? announced : measured;
    }

    private static long LargestStep(long[] stamps)
    {
        long largest = 0;
        for (int k = 1; k < stamps.Length; k++)
            largest = Math.Max(largest, stamps[k] - stamps[k - 1]);
        return largest;
    }

    private static bool IsRegular(long[] stamps, double secondsPerTick, double framesPerSecond)
    {
        for (int k = 0; k < stamps.Length; k++)
        {
            double offBy = (stamps[k] - stamps[0]) * secondsPerTick * framesPerSecond - k;
            if (Math.Abs(offBy) > 0.5)
                return false;
        }
        return true;
    }
}
