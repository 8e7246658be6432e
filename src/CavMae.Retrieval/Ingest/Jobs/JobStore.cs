using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Index.Embedded;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Ingest.Jobs;

/// <summary>
/// The jobs of a data folder, waiting, running and ended. What <see cref="SubmitAsync"/> has returned survives a crash. Thread-safe; one for a
/// process, to which the data folder belongs, so that a job runs in one process only.
/// </summary>
public sealed partial class JobStore : IDisposable
{
    private readonly JobDatabase database;
    private readonly JobFiles files;
    private readonly IngestOptions options;
    private readonly RetrievalMetrics metrics;
    private readonly TimeProvider time;

    /// <summary>Guards <see cref="database"/>, <see cref="runs"/> and <see cref="isDisposed"/>.</summary>
    private readonly Lock gate = new();

    private readonly Dictionary<string, JobRun> runs = new(StringComparer.Ordinal);

    /// <summary>At least one for each queued job; a worker that finds none waits again.</summary>
    private readonly SemaphoreSlim available = new(0);

    private readonly ChangeSignal changed = new();
    private bool isDisposed;

    /// <summary>Opens the jobs of a data folder; those that ran when the last process ended wait for their turn again.</summary>
    /// <exception cref="StoreUnavailableException">The database or the folder of uploads cannot be used, or was written by a newer version.</exception>
    public JobStore(DataFolder folder, IOptions<IngestOptions> options, RetrievalMetrics metrics, TimeProvider time, ILogger<JobStore> logger)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(options);
        (this.options, this.metrics, this.time, files) = (options.Value, metrics, time, new JobFiles(folder));
        bool isNew = !File.Exists(folder.JobDatabasePath);
        database = new JobDatabase(folder.JobDatabasePath);
        try
        {
            database.Requeue();
            List<Job> active = database.FindActive();
            if (active.Count > 0)
            {
                available.Release(active.Count);
                LogResumed(logger, active.Count);
            }
            if (isNew && files.SetAside() is > 0 and var unclaimed)
                LogSetAside(logger, unclaimed, files.UnclaimedFolder);
            if (files.Sweep(active.Select(job => job.Id).ToHashSet(StringComparer.Ordinal)) is > 0 and var removed)
                LogSwept(logger, removed);
        }
        catch (Exception exception)
        {
            database.Dispose();
            if (exception is SqliteException problem)
                throw database.Unavailable(problem);
            throw;
        }
        Prune();
        metrics.ObserveJobs(Count);
    }

    /// <summary>Makes an upload a queued job, or gives the one that there is for it already. On return both are durable.</summary>
    /// <param name="file">Received as a clip. Taken over, unless the queue is full before it is looked at.</param>
    /// <param name="upload">What the client says of it.</param>
    /// <param name="cancellationToken">Stops before anything is acknowledged.</param>
    /// <exception cref="JobQueueFullException">Too many wait already.</exception>
    /// <exception cref="StoreUnavailableException">The disk is full or cannot be written.</exception>
    public async Task<Job> SubmitAsync(IncomingFile file, ClipUpload upload, CancellationToken cancellationToken = default)
    {
        string sha256 = file.RequireHash();
        Locked(() => CheckRoom());
        Job job = new()
        {
            Id = RandomNumberGenerator.GetHexString(32, lowercase: true),
            State = JobState.Queued,
            Sha256 = sha256,
            SizeBytes = file.SizeBytes,
            Progress = JobProgress.None,
            CreatedAt = time.GetUtcNow(),
        };
        Job accepted = job;
        try
        {
            // Outside the lock: a large file takes the disk a while.
            await Task.Run(() => files.Take(file, job.Id), cancellationToken).ConfigureAwait(false);
            Locked(() =>
            {
                accepted = FindActiveLocked(sha256, upload) ?? Insert(job, upload);
                return true;
            });
        }
        finally
        {
            if (accepted.Id != job.Id || accepted.Sequence == 0)
                files.Remove(job.Id);
        }
        return accepted;
    }

    /// <summary>
    /// The job under way that an upload repeats: of the same content and, where the upload names an id, the same id; one that replaces must agree in
    /// every field, and be the last for its id: what was asked for since counts. Null where there is none.
    /// </summary>
    public Job? FindActive(string sha256, ClipUpload upload) => Locked(() => FindActiveLocked(sha256, upload));

    /// <summary>Whether a job under way is of this content, or stores a clip of this id: an upload of either has to wait for it.</summary>
    public bool IsAnyActive(string sha256, string? clipId) => Locked(() => database.IsAnyActive(sha256, clipId));

    public Job? Find(string id) => Locked(() => database.Find(id) is { } job ? WithTimeLeft(job) : null);

    /// <summary>Jobs, newest first.</summary>
    /// <param name="state">Only those of this state; null: all.</param>
    /// <param name="cursor">Where the page before ended; null for the first page.</param>
    /// <param name="limit">Most jobs of the page.</param>
    /// <exception cref="InvalidCursorException">A cursor that <see cref="List"/> did not give.</exception>
    public JobPage List(JobState? state, string? cursor, int limit) => Locked(() =>
    {
        List<Job> jobs = database.List(state, cursor is null ? long.MaxValue : ListCursor.Read(cursor), limit + 1);
        bool hasMore = jobs.Count > limit;
        Job[] page = [.. jobs.Take(limit).Select(WithTimeLeft)];
        return new JobPage(page, hasMore ? ListCursor.Write(page[^1].Sequence) : null);
    });

    public JobCounts Count()
    {
        lock (gate)
            return isDisposed ? default : database.Count();
    }

    /// <summary>A job as it is now and whenever it gets on, up to its end; what changes faster than it is read is left out.</summary>
    public async IAsyncEnumerable<Job> WatchAsync(string id, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (Job? last = null; ;)
        {
            Task change = changed.Next;
            if (Find(id) is not { } job)
                yield break;
            if (job.State != last?.State || job.Progress.ScenesDone != last.Progress.ScenesDone || job.Progress.ScenesTotal != last.Progress.ScenesTotal)
                yield return last = job;
            if (job.HasEnded)
                yield break;
            await change.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Cancels a job that has not ended, and waits until nothing of it is left; removes the record of one that has. A running job may end by itself
    /// in the very moment: its state says so.
    /// </summary>
    /// <returns>The job as it ended now; null where its record was removed.</returns>
    /// <exception cref="KeyNotFoundException">There is no such job.</exception>
    public async Task<Job?> CancelOrRemoveAsync(string id, CancellationToken cancellationToken = default)
    {
        JobRun? run = null;
        Locked(() =>
        {
            Job job = database.Find(id) ?? throw new KeyNotFoundException($"There is no job '{id}'.");
            if (job.HasEnded)
                database.Delete(job.Sequence);
            else if (!runs.TryGetValue(id, out run))
                End(job, JobState.Cancelled, null, null);
            return true;
        });
        run?.Cancel();
        if (run is not null)
            await run.Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
        return Find(id);
    }

    public void Dispose()
    {
        lock (gate)
        {
            if (isDisposed)
                return;
            isDisposed = true;
            database.Dispose();
        }
        available.Dispose();
    }

    private bool CheckRoom() => database.Count().Queued < options.MaxQueuedJobs ? true : throw new JobQueueFullException(options.MaxQueuedJobs);

    private Job Insert(Job job, ClipUpload upload)
    {
        CheckRoom();
        Job inserted = database.Insert(job, upload);
        available.Release();
        changed.Set();
        return inserted;
    }

    private Job? FindActiveLocked(string sha256, ClipUpload upload)
    {
        string? fields = upload.Replace ? Fields(upload) : null;
        return database.FindActive(sha256).Find(job =>
            database.ReadUpload(job.Sequence) is var active && (upload.Id is null || active.Id == upload.Id)
            && (fields is null || (Fields(active) == fields && (upload.Id is null || database.FindLastActive(upload.Id) == job.Sequence))));
    }

    private static string Fields(ClipUpload upload) => JsonSerializer.Serialize(upload, JobJson.Default.ClipUpload);

    private Job WithTimeLeft(Job job) => runs.TryGetValue(job.Id, out JobRun? run) ? job with { Progress = run.WithTimeLeft(job.Progress) } : job;

    private T Locked<T>(Func<T> act)
    {
        try
        {
            lock (gate)
            {
                ObjectDisposedException.ThrowIf(isDisposed, this);
                return act();
            }
        }
        catch (SqliteException exception)
        {
            throw database.Unavailable(exception);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} jobs go on where they stopped.")]
    private static partial void LogResumed(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The job database is new, and {Count} uploads of an older one were there: they are in '{Folder}' now. Upload them again, or remove them.")]
    private static partial void LogSetAside(ILogger logger, int count, string folder);

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed {Count} uploads of jobs that had ended, or were never acknowledged, when the service was killed.")]
    private static partial void LogSwept(ILogger logger, int count);
}
