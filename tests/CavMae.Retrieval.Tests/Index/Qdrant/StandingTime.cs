namespace CavMae.Retrieval.Tests.Index.Qdrant;

/// <summary>A clock whose waits end when the test says so, all at once, and not before.</summary>
internal sealed class StandingTime : TimeProvider
{
    private readonly Lock gate = new();
    private readonly HashSet<Timer> waiting = [];

    /// <summary>Ends every wait there is now.</summary>
    public void EndWaits()
    {
        Timer[] due;
        lock (gate)
        {
            due = [.. waiting];
            waiting.Clear();
        }
        foreach (var timer in due)
            timer.GoOff();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(StandingTime owner, TimerCallback callback, object? state) : ITimer
    {
        public void GoOff() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner.gate)
                return dueTime == Timeout.InfiniteTimeSpan ? owner.waiting.Remove(this) : owner.waiting.Add(this);
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
