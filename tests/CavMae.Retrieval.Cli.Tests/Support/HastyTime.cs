namespace CavMae.Retrieval.Cli.Tests.Support;

/// <summary>A clock on which every delay is over at once and has taken its time all the same. For one delay at a time.</summary>
/// <param name="onDelay">Told of the time since the start after each delay.</param>
internal sealed class HastyTime(Action<TimeSpan>? onDelay = null) : TimeProvider
{
    public TimeSpan Elapsed { get; private set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Elapsed.Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + Elapsed;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Elapsed += dueTime;
        onDelay?.Invoke(Elapsed);
        return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
