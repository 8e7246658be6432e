namespace CavMae.Retrieval.Ingest.Jobs;

public enum JobState
{
    /// <summary>Waits for its turn; also a job that a stop of the service interrupted.</summary>
    Queued,
    Running,

    /// <summary>The clip is stored.</summary>
    Succeeded,

    /// <summary>Ended with a problem; nothing is stored.</summary>
    Failed,

    /// <summary>Ended because somebody asked for it; nothing is stored.</summary>
    Cancelled,
}

/// <summary>An upload that is made a clip in the background, as it stood at one moment; durable from the moment it was acknowledged. What the client said of it is
/// left out: it can be large, and only who runs the job needs it.</summary>
public sealed record Job
{
    /// <summary>128 random bits in hex: nobody finds another's job by guessing.</summary>
    public required string Id { get; init; }

    public required JobState State { get; init; }

    /// <summary>SHA-256 of the upload, lower-case hex.</summary>
    public required string Sha256 { get; init; }

    public required long SizeBytes { get; init; }
    public required JobProgress Progress { get; init; }

    /// <summary>The stored clip; null unless <see cref="JobState.Succeeded"/>.</summary>
    public string? ClipId { get; init; }

    /// <summary>Null unless <see cref="JobState.Failed"/>.</summary>
    public JobProblem? Problem { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ran first; null before.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Place in the queue and in lists; never used again.</summary>
    internal long Sequence { get; init; }

    public bool HasEnded => State is JobState.Succeeded or JobState.Failed or JobState.Cancelled;
}

/// <param name="ScenesDone">Scenes that are embedded and kept.</param>
/// <param name="ScenesTotal">Null until the file was looked at.</param>
/// <param name="Done">How far into the media that is.</param>
/// <param name="Total">Length of the media; null until the file was looked at.</param>
/// <param name="Left">Time left, from the speed since the job runs; null unless it does.</param>
public sealed record JobProgress(int ScenesDone, int? ScenesTotal, TimeSpan Done, TimeSpan? Total, TimeSpan? Left = null)
{
    public static JobProgress None { get; } = new(0, null, TimeSpan.Zero, null);
}

/// <summary>Why a job failed: what a request would have been answered.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Detail">Fit for the client.</param>
public sealed record JobProblem(int Status, string Detail);

/// <param name="Items">The page, newest first.</param>
/// <param name="NextCursor">Asks for the page after; null at the end.</param>
public sealed record JobPage(IReadOnlyList<Job> Items, string? NextCursor);

public readonly record struct JobCounts(long Queued, long Running);

/// <summary>States as they are written in addresses, answers, metrics and the database.</summary>
public static class JobStateName
{
    private static readonly string[] Names = ["queued", "running", "succeeded", "failed", "cancelled"];

    public static IReadOnlyList<string> All => Names;

    public static string Of(JobState state) => Names[(int)state];

    public static JobState? Parse(string name) => Array.IndexOf(Names, name) is >= 0 and var index ? (JobState)index : null;
}

/// <summary>As many jobs as allowed wait already (HTTP 429).</summary>
public sealed class JobQueueFullException(int maxQueuedJobs)
    : Exception($"{maxQueuedJobs} jobs wait for their turn already (Ingest:MaxQueuedJobs); try again later.");
