using CavMae.Retrieval.Api.Errors;
using CavMae.Retrieval.Ingest.Jobs;

namespace CavMae.Retrieval.Api.Jobs;

/// <summary>Runs jobs as long as the service does; they stop as soon as a shutdown begins, and go on at the next start.</summary>
internal sealed class JobService(JobWorkers workers, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Stopping a host waits for requests before it stops this; a job need not go on meanwhile.
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        await workers.RunAsync(Describe, stop.Token);
    }

    private static JobProblem Describe(Exception exception)
    {
        (int status, string detail) = ProblemMapping.Describe(exception);
        return new JobProblem(status, detail);
    }
}
