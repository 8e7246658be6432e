using CavMae.Retrieval.Cli.Libraries;

namespace CavMae.Retrieval.Cli.Remote;

/// <summary>Waits for the clip that a service promised instead of storing it at once, as it does with long media.</summary>
internal sealed class JobWaiter(ServiceClient client)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    /// <summary>So long a cancellation is given to reach the service.</summary>
    private static readonly TimeSpan CancelLimit = TimeSpan.FromSeconds(5);

    /// <param name="accepted">The answer 202, with the job and where it can be asked for.</param>
    /// <param name="cancellationToken">Cancels the job too.</param>
    /// <exception cref="FileRefusedException">The job failed or was cancelled.</exception>
    public async Task<ClipAnswer> WaitAsync(HttpResponseMessage accepted, CancellationToken cancellationToken)
    {
        ServiceJob job = await client.ReadAsync(accepted, ServiceJson.Default.ServiceJob, cancellationToken).ConfigureAwait(false);
        string address = $"jobs/{Uri.EscapeDataString(job.Id)}";
        try
        {
            while (job.State is "queued" or "running")
            {
                await Task.Delay(PollInterval, cancellationToken).ConfigureAwait(false);
                job = await client.SendAsync(() => new HttpRequestMessage(HttpMethod.Get, address), ServiceJson.Default.ServiceJob, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            await CancelAsync(address).ConfigureAwait(false);
            throw;
        }
        if (job is not { State: "succeeded", ClipId: { } clipId })
            throw new FileRefusedException(job.Problem?.Detail ?? job.Problem?.Title ?? $"The service's job {job.Id} ended as {job.State}.");
        return await client.SendAsync(() => new HttpRequestMessage(HttpMethod.Get, $"clips/{Uri.EscapeDataString(clipId)}"), ClipJson.Default.ClipAnswer, cancellationToken).ConfigureAwait(false);
    }

    private async Task CancelAsync(string address)
    {
        using CancellationTokenSource limit = new(CancelLimit);
        try
        {
            using HttpResponseMessage response = await client.SendAsync(() => new HttpRequestMessage(HttpMethod.Delete, address), limit.Token).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is OperationCanceledException or ServiceRefusalException or ServiceUnreachableException)
        {
            // The job is over already, or goes on without us: either way it leaves a whole clip or none.
        }
    }
}
