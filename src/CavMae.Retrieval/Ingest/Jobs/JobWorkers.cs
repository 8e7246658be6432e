using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Ingest.Jobs;

/// <summary>Runs jobs, oldest first, <see cref="IngestOptions.JobParallelism"/> at a time. One for a service; a program that only reads needs none.</summary>
public sealed partial class JobWorkers(
    JobStore jobs, ClipIngestor ingestor, SceneEncoder encoder, IOptions<IngestOptions> options, IOptions<SceneOptions> scenes, TimeProvider time, ILogger<JobWorkers> logger)
{
    /// <summary>Tries of a job that ends in a fault that is not the file's.</summary>
    private const int MaxTries = 8;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1), LastRetry = TimeSpan.FromMinutes(1), PruneInterval = TimeSpan.FromHours(1);

    /// <summary>Scenes of one model and one cut can be put together.</summary>
    private string Plan => $"{encoder.Model.ModelId} {scenes.Value.Stride:c} {scenes.Value.FramesPerScene}";

    /// <param name="describe">What a request would have been answered.</param>
    /// <param name="stop">Running jobs stop, and go on at the next start.</param>
    public async Task RunAsync(Func<Exception, JobProblem> describe, CancellationToken stop)
    {
        try
        {
            Task[] loops = [PruneAsync(stop), .. Enumerable.Range(0, options.Value.JobParallelism).Select(_ => Task.Run(() => WorkAsync(describe, stop), stop))];
            Task first = await Task.WhenAny(loops).ConfigureAwait(false);
            // None of them ends before it is stopped: one that does has failed, which the service has to know at once.
            await (stop.IsCancellationRequested ? Task.WhenAll(loops) : first).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // As it was asked for.
        }
    }

    private async Task PruneAsync(CancellationToken stop)
    {
        while (true)
        {
            await Task.Delay(PruneInterval, time, stop).ConfigureAwait(false);
            await InsistAsync(() => { jobs.Prune(); return Task.CompletedTask; }, stop).ConfigureAwait(false);
        }
    }

    private async Task WorkAsync(Func<Exception, JobProblem> describe, CancellationToken stop)
    {
        while (true)
        {
            await jobs.WaitAsync(stop).ConfigureAwait(false);
            JobRun? run = null;
            await InsistAsync(() => { run = jobs.Claim(); return Task.CompletedTask; }, stop).ConfigureAwait(false);
            if (run is null)
                continue;
            using (run)
            {
                try
                {
                    await RunAsync(run, describe, stop).ConfigureAwait(false);
                }
                finally
                {
                    jobs.Release(run);
                }
            }
        }
    }

    private async Task RunAsync(JobRun run, Func<Exception, JobProblem> describe, CancellationToken stop)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(run.Cancelled, stop);
        (JobState State, string? ClipId, JobProblem? Problem) end;
        try
        {
            string clipId = "";
            await InsistAsync(async () => clipId = await IngestAsync(run, either.Token).ConfigureAwait(false), either.Token,
                problem => problem is not OperationCanceledException && describe(problem).Status >= 500).ConfigureAwait(false);
            end = (JobState.Succeeded, clipId, null);
        }
        catch (OperationCanceledException) when (run.Cancelled.IsCancellationRequested)
        {
            end = (JobState.Cancelled, null, null);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            jobs.Return(run);
            return;
        }
#pragma warning disable CA1031 // Whatever went wrong is this job's end, and the next one's turn.
        catch (Exception) when (stop.IsCancellationRequested && !run.Cancelled.IsCancellationRequested)
        {
            // A signal to the whole group ends ffmpeg too: what looks like a broken file then may be none.
            jobs.Return(run);
            return;
        }
        catch (Exception problem)
#pragma warning restore CA1031
        {
            end = (JobState.Failed, null, describe(problem));
            LogFailed(logger, run.Job.Id, end.Problem.Status, end.Problem.Status >= 500 ? problem : null);
        }
        await InsistAsync(() => { jobs.Finish(run, end.State, end.ClipId, end.Problem); return Task.CompletedTask; }, stop).ConfigureAwait(false);
        await InsistAsync(() => { jobs.Prune(); return Task.CompletedTask; }, stop).ConfigureAwait(false);
    }

    /// <returns>The clip's id.</returns>
    private async Task<string> IngestAsync(JobRun run, CancellationToken cancellationToken)
    {
        IncomingFile file = jobs.OpenFile(run.Job);
        if (!File.Exists(file.Path))
            throw new MediaException(MediaError.Broken, "The upload is gone from the data folder; upload it again.");
        Dictionary<int, SceneEmbedding> known = [];
        EmbedSteps steps = new()
        {
            IsBackground = true,
            Begin = source =>
            {
                known = jobs.Begin(run, Plan, source.Plan.Scenes.Count, source.Info.Duration, encoder.Model.Dimension);
                return true;
            },
            Find = scene => known.GetValueOrDefault(scene.Index) is { } embedded && Fits(embedded, scene) ? embedded : null,
            Encoded = scene => jobs.Keep(run, scene),
        };
        IngestResult? result = await ingestor.IngestAsync(file, run.Upload, steps, cancellationToken).ConfigureAwait(false);
        return result!.Clip.Id;
    }

    private static bool Fits(SceneEmbedding embedded, Scene scene) =>
        embedded.Start == scene.Start && embedded.End == scene.End && embedded.Audio is null == scene.Audio is null && embedded.Visual is null == (scene.Frames.Count == 0);

    /// <summary>Tries again, ever less often, while what is missing may come back by itself: an acknowledged upload does not fail for a full disk.</summary>
    /// <param name="act">What is to be done.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="mayPass">Of other faults, those that get <see cref="MaxTries"/> tries; null: none.</param>
    private async Task InsistAsync(Func<Task> act, CancellationToken cancellationToken, Func<Exception, bool>? mayPass = null)
    {
        int tries = 1;
        for (TimeSpan wait = FirstRetry; ; wait = wait * 2 < LastRetry ? wait * 2 : LastRetry)
        {
            try
            {
                await act().ConfigureAwait(false);
                return;
            }
            catch (Exception reason) when (reason is StoreUnavailableException or FfmpegUnavailableException or ModelException || (mayPass?.Invoke(reason) == true && tries++ < MaxTries))
            {
                LogRetrying(logger, wait, reason);
            }
            await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId} failed ({Status}).")]
    private static partial void LogFailed(ILogger logger, string jobId, int status, Exception? reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Jobs cannot go on now; trying again in {Wait}.")]
    private static partial void LogRetrying(ILogger logger, TimeSpan wait, Exception reason);
}
