namespace CavMae.Retrieval.Ingest.Jobs;

/// <summary>Wakes all who wait for a change, once for each change. Thread-safe.</summary>
internal sealed class ChangeSignal
{
    private TaskCompletionSource next = New();

    /// <summary>Completes at the next change. Taken before looking at what may change, no change is missed.</summary>
    public Task Next => Volatile.Read(ref next).Task;

    public void Set() => Interlocked.Exchange(ref next, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
