namespace CavMae.Retrieval.Ingest.Jobs;

/// <summary>A job while it runs in this process: how to stop it, and how fast it goes.</summary>
internal sealed class JobRun(Job job, ClipUpload upload, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource cancel = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long startTimestamp;
    private int encoded;

    /// <summary>As it was when it was taken up.</summary>
    public Job Job { get; } = job;

    /// <summary>What the client said of it.</summary>
    public ClipUpload Upload { get; } = upload;

    /// <summary>Cancelled when somebody asks for the job's end.</summary>
    public CancellationToken Cancelled => cancel.Token;

    /// <summary>Completes when the job runs no more, whatever became of it.</summary>
    public Task Ended => ended.Task;

    public void Cancel()
    {
        try
        {
            cancel.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself in this very moment.
        }
    }

    public void MarkBegun() => (startTimestamp, encoded) = (time.GetTimestamp(), 0);

    public void MarkEncoded() => encoded++;

    public void MarkEnded() => ended.TrySetResult();

    /// <summary>Adds the time left: as long a scene as the scenes since the run began took.</summary>
    public JobProgress WithTimeLeft(JobProgress progress) => encoded == 0 || progress.ScenesTotal is not { } total
        ? progress
        : progress with { Left = time.GetElapsedTime(startTimestamp) / encoded * Math.Max(0, total - progress.ScenesDone) };

    public void Dispose() => cancel.Dispose();
}
