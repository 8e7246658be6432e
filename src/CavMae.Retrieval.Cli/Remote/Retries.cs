namespace CavMae.Retrieval.Cli.Remote;

/// <summary>How long one request is tried again, and how long is waited before each try. For one thread.</summary>
/// <param name="time">Clock.</param>
/// <param name="isKnown">Whether the service has answered before: then one that is away is most likely being restarted.</param>
internal sealed class Retries(TimeProvider time, bool isKnown)
{
    /// <summary>Tries where an answer breaks off, or a service that was never heard of is away: together about six seconds, beside what connecting takes.</summary>
    private const int MaxTries = 5;

    /// <summary>A restart loads the model and the whole store; so long it is waited for.</summary>
    public static readonly TimeSpan MaxAwayTime = TimeSpan.FromMinutes(1);

    /// <summary>A full queue empties; so long it is waited for.</summary>
    private static readonly TimeSpan MaxBusyTime = TimeSpan.FromMinutes(10);

    /// <summary>What a service may ask to wait, at most: longer and something is wrong that a person should see.</summary>
    private static readonly TimeSpan MaxAsked = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan LastDelay = TimeSpan.FromSeconds(5);

    private readonly long start = time.GetTimestamp();
    private long? awaySince;
    private int failures;
    private int broken;

    /// <summary>The service has too much to do.</summary>
    /// <param name="asked">How long it asks to wait; null: it does not say.</param>
    /// <returns>How long to wait; null: give up. So do the others.</returns>
    public TimeSpan? AfterBusy(TimeSpan? asked)
    {
        awaySince = null;
        return time.GetElapsedTime(start) < MaxBusyTime ? Limit(asked) ?? Backoff(1) : null;
    }

    /// <summary>The request never reached the service, or the service says that it cannot work now.</summary>
    public TimeSpan? AfterAway(TimeSpan? asked)
    {
        if (!isKnown)
            return ++failures < MaxTries ? Limit(asked) ?? Backoff(failures) : null;
        awaySince ??= time.GetTimestamp();
        return time.GetElapsedTime(awaySince.Value) < MaxAwayTime ? Limit(asked) ?? Backoff(++failures) : null;
    }

    /// <summary>The service took the request and broke off: if it was the request that did it, more tries would do it again.</summary>
    public TimeSpan? AfterBreak() => ++broken < MaxTries ? Backoff(broken) : null;

    private static TimeSpan? Limit(TimeSpan? asked) => asked is { } delay ? TimeSpan.FromTicks(Math.Clamp(delay.Ticks, 0, MaxAsked.Ticks)) : null;

    /// <summary>Twice as long each time, half of it by chance, so that many clients do not come back at once.</summary>
    private static TimeSpan Backoff(int failures)
    {
        double seconds = Math.Min(FirstDelay.TotalSeconds * Math.Pow(2, failures - 1), LastDelay.TotalSeconds);
        return TimeSpan.FromSeconds(seconds * (0.5 + Random.Shared.NextDouble() / 2));
    }
}
