using System.ComponentModel.DataAnnotations;

namespace CavMae.Retrieval.Ingest.Jobs;

/// <summary>What becomes a job, and how many of them there may be (section <c>Ingest</c>).</summary>
public sealed class IngestOptions
{
    public const string Section = "Ingest";

    /// <summary>A longer file becomes a job though the client did not ask for one: few clients wait this long for an answer.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan AsyncAfter { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Most jobs that wait for their turn; more are answered 429. Each holds its upload on disk.</summary>
    [Range(1, 100_000)]
    public int MaxQueuedJobs { get; set; } = 256;

    /// <summary>How many jobs run at the same time, beside the requests that <c>Media:Parallelism</c> bounds.</summary>
    [Range(1, 64)]
    public int JobParallelism { get; set; } = 1;

    /// <summary>How long the record of a job that has ended is kept.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "3650.00:00:00")]
    public TimeSpan KeepFinishedJobs { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Most records of jobs that have ended; the oldest go first.</summary>
    [Range(0, 1_000_000)]
    public int MaxFinishedJobs { get; set; } = 10_000;
}
