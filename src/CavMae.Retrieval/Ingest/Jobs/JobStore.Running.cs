using CavMae.Retrieval.Embeddings;

namespace CavMae.Retrieval.Ingest.Jobs;

/// <content>The side of those who run jobs.</content>
public sealed partial class JobStore
{
    /// <summary>Removes the records of jobs that ended too long ago, or are too many.</summary>
    internal void Prune() => Locked(() => database.Prune(time.GetUtcNow() - options.KeepFinishedJobs, options.MaxFinishedJobs));

    /// <summary>Waits until a job may be there to run.</summary>
    internal Task WaitAsync(CancellationToken cancellationToken) => available.WaitAsync(cancellationToken);

    /// <summary>Lets a waiting worker look for a job.</summary>
    internal void Wake() => available.Release();

    /// <summary>Takes up the oldest queued job; null where none waits.</summary>
    internal JobRun? Claim() => Locked(() =>
    {
        if (database.Claim(time.GetUtcNow()) is not { } job)
            return null;
        changed.Set();
        return runs[job.Id] = new JobRun(job, database.ReadUpload(job.Sequence), time);
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

    /// <summary>Ends a job that runs.</summary>
    internal void Finish(JobRun run, JobState state, string? clipId = null, JobProblem? problem = null) => Locked(() =>
    {
        End(run.Job, state, clipId, problem);
        Forget(run);
        return true;
    });

    /// <summary>Lets a job that runs wait for its turn again, in its old place.</summary>
    internal void Return(JobRun run) => Locked(() =>
    {
        database.Requeue(run.Job.Sequence);
        Forget(run);
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

    private void Forget(JobRun run)
    {
        runs.Remove(run.Job.Id);
        run.MarkEnded();
    }
}
