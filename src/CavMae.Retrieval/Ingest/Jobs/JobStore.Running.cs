using System.Text.Json;
using CavMae.Retrieval.Embeddings;

namespace CavMae.Retrieval.Ingest.Jobs;

/// <content>The side of those who run jobs.</content>
public sealed partial class JobStore
{
    /// <summary>Whoever waits for a job's end sees it, however few records are kept.</summary>
    private static readonly TimeSpan AlwaysKept = TimeSpan.FromMinutes(1);

    /// <summary>Removes the records of jobs that ended too long ago, or are too many.</summary>
    internal void Prune() => Locked(() => database.Prune(time.GetUtcNow() - options.KeepFinishedJobs, options.MaxFinishedJobs, time.GetUtcNow() - AlwaysKept));

    /// <summary>Waits until a job may be there to run.</summary>
    internal Task WaitAsync(CancellationToken cancellationToken) => available.WaitAsync(cancellationToken);

    /// <summary>Takes up the oldest queued job; null where none waits.</summary>
    internal JobRun? Claim() => Locked(() =>
    {
        if (database.Claim(time.GetUtcNow()) is not { } job)
            return null;
        try
        {
            return runs[job.Id] = new JobRun(job, database.ReadUpload(job.Sequence), time);
        }
        catch (JsonException)
        {
            End(job, JobState.Failed, null, new JobProblem(500, "What was said of the clip is damaged in the job database; upload it again."));
            return null;
        }
        catch
        {
            database.Requeue(job.Sequence);
            throw;
        }
        finally
        {
            changed.Set();
        }
    });

    internal IncomingFile OpenFile(Job job) => files.Open(job);

    /// <summary>Notes what a job's file holds, and gives the scenes that are embedded already, by index.</summary>
    internal Dictionary<int, SceneEmbedding> Begin(JobRun run, string plan, int scenesTotal, TimeSpan total, int dimension) => Locked(() =>
    {
        database.Begin(run.Job.Sequence, plan, scenesTotal, total);
        run.MarkBegun();
        changed.Set();
        return database.Scenes.Read(run.Job.Sequence, dimension);
    });

    internal void Keep(JobRun run, SceneEmbedding scene) => Locked(() =>
    {
        database.Scenes.Add(run.Job.Sequence, scene);
        run.MarkEncoded();
        changed.Set();
        return true;
    });

    /// <summary>After every run, whatever became of it: nobody waits for it any longer, and who waited for its clip has a turn.</summary>
    internal void Release(JobRun run)
    {
        lock (gate)
        {
            runs.Remove(run.Job.Id);
            run.MarkEnded();
            if (!isDisposed)
                available.Release();
        }
    }

    /// <summary>Ends a job that runs.</summary>
    internal void Finish(JobRun run, JobState state, string? clipId = null, JobProblem? problem = null) => Locked(() =>
    {
        End(run.Job, state, clipId, problem);
        return true;
    });

    /// <summary>Lets a job that runs wait for its turn again, in its old place.</summary>
    internal void Return(JobRun run) => Locked(() =>
    {
        database.Requeue(run.Job.Sequence);
        changed.Set();
        return true;
    });

    private void End(Job job, JobState state, string? clipId, JobProblem? problem)
    {
        database.Finish(job.Sequence, state, clipId, problem, time.GetUtcNow());
        // Last: until the end is durable, the upload is needed.
        files.Remove(job.Id);
        metrics.RecordJob(state);
        changed.Set();
    }
}
