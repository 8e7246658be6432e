using System.Net;
using CavMae.Retrieval.Cli.Libraries;

namespace CavMae.Retrieval.Cli.Remote;

/// <summary>Waits for the clip that a service promised instead of storing it at once, as it does with long media.</summary>
internal sealed class JobWaiter(ServiceClient client)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    /// <param name="accepted">The answer 202, with the job and where it can be asked for.</param>
    /// <param name="cancellationToken">Ends the waiting. The job goes on: it may be another client's too, and the same command finds its clip later.</param>
    /// <exception cref="FileRefusedException">The job failed, was cancelled or is gone.</exception>
    public async Task<ClipAnswer> WaitAsync(HttpResponseMessage accepted, CancellationToken cancellationToken)
    {
        ServiceJob job = await client.ReadAsync(accepted, ServiceJson.Default.ServiceJob, cancellationToken).ConfigureAwait(false);
        string address = $"jobs/{Uri.EscapeDataString(job.Id)}";
        while (job.State is "queued" or "running")
        {
            await Task.Delay(PollInterval, cancellationToken).ConfigureAwait(false);
            job = await AskAsync(address, job.Id, cancellationToken).ConfigureAwait(false);
        }
        if (job is not { State: "succeeded", ClipId: { } clipId })
            throw new FileRefusedException(job.Problem?.Detail ?? job.Problem?.Title ?? $"The service's job {job.Id} ended as {job.State}.");
        return await client.SendAsync(() => new HttpRequestMessage(HttpMethod.Get, $"clips/{Uri.EscapeDataString(clipId)}"), ClipJson.Default.ClipAnswer, cancellationToken).ConfigureAwait(false);
    }

    private async Task<ServiceJob> AskAsync(string address, string id, CancellationToken cancellationToken)
    {
        try
        {
            return await client.SendAsync(() => new HttpRequestMessage(HttpMethod.Get, address), ServiceJson.Default.ServiceJob, cancellationToken).ConfigureAwait(false);
        }
        catch (ServiceRefusalException problem) when (problem.Status is HttpStatusCode.NotFound)
        {
            throw new FileRefusedException($"The service does not know its job {id} for this file any more: somebody removed it. The same command again finds the clip, or sends the file anew.", problem);
        }
    }
}
