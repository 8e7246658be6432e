using System.Text;
using System.Text.Json;
using CavMae.Retrieval.Api.Contracts;
using CavMae.Retrieval.Ingest.Jobs;
using Microsoft.Extensions.Options;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace CavMae.Retrieval.Api.Jobs;

/// <summary>
/// A job as server-sent events: one event named <c>job</c> whenever it gets on, the last one when it has ended, comments in between so that
/// nobody on the way takes the connection for dead.
/// </summary>
internal sealed class JobEvents(IAsyncEnumerable<Job> changes) : IResult
{
    public const string ContentType = "text/event-stream";

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        IServiceProvider services = httpContext.RequestServices;
        CancellationToken stopping = services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        JsonSerializerOptions json = services.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        TimeProvider time = services.GetRequiredService<TimeProvider>();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, stopping);
        string? seen = httpContext.Request.Headers["Last-Event-ID"];
        await using IAsyncEnumerator<Job> jobs = changes.GetAsyncEnumerator(stop.Token);
        Task<bool> next = jobs.MoveNextAsync().AsTask();
        try
        {
            for (bool isFirst = true; await WaitAsync(); next = jobs.MoveNextAsync().AsTask(), isFirst = false)
            {
                string id = $"{JobStateName.Of(jobs.Current.State)}-{jobs.Current.Progress.ScenesDone}";
                if (isFirst && jobs.Current.HasEnded && id == seen)
                {
                    // A browser that had the last event connects again until it is told so.
                    httpContext.Response.StatusCode = StatusCodes.Status204NoContent;
                    return;
                }
                Start(httpContext.Response);
                await WriteAsync($"event: job\nid: {id}\ndata: {JsonSerializer.Serialize(JobResponse.From(jobs.Current), json)}\n\n");
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The client has gone, or the service stops: the stream just ends, and a client that comes back goes on from there.
        }
        finally
        {
            // What is being waited for must have ended before it can be disposed of.
            await stop.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task<bool> WaitAsync()
        {
            while (true)
            {
                try
                {
                    return await next.WaitAsync(Heartbeat, time);
                }
                catch (TimeoutException)
                {
                    await WriteAsync(":\n\n");
                }
            }
        }

        async Task WriteAsync(string text)
        {
            await httpContext.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), stop.Token);
            await httpContext.Response.Body.FlushAsync(stop.Token);
        }
    }

    private static void Start(HttpResponse response)
    {
        if (response.HasStarted)
            return;
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-cache, no-transform";
        // Proxies of nginx's kind would hold events back.
        response.Headers["X-Accel-Buffering"] = "no";
    }
}
