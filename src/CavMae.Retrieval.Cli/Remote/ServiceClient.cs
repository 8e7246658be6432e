using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace CavMae.Retrieval.Cli.Remote;

/// <summary>
/// Requests to a service, tried again where that helps and cannot harm: all that are sent here may come twice. Reading and searching change nothing,
/// removing twice is removing, and an upload that comes again is known by its content. Thread-safe.
/// </summary>
internal sealed class ServiceClient : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly HttpClient http;
    private readonly TimeProvider time;
    private volatile bool hasAnswered;

    public ServiceClient(Uri server, TimeProvider? time = null)
    {
        Server = server;
        this.time = time ?? TimeProvider.System;
        // Storing an hour of video takes as long as it takes; Ctrl-C ends it.
        http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = ConnectTimeout })
        {
            BaseAddress = new Uri(server.AbsoluteUri.TrimEnd('/') + "/api/v1/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public Uri Server { get; }

    /// <summary>Sends a request and reads the JSON of a good answer.</summary>
    /// <exception cref="ServiceRefusalException">The service refused it.</exception>
    /// <exception cref="ServiceUnreachableException">No answer, or none that can be read.</exception>
    public async Task<T> SendAsync<T>(Func<HttpRequestMessage> make, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(make, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(response, type, cancellationToken).ConfigureAwait(false);
    }

    /// <exception cref="ServiceUnreachableException">It is no JSON of this kind: another program answers there.</exception>
    public async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        try
        {
            string text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            return JsonSerializer.Deserialize(text, type) ?? throw new JsonException("The answer is empty.");
        }
        catch (JsonException problem)
        {
            throw new ServiceUnreachableException($"What answers at {Server} is no service of this kind: {problem.Message}", problem);
        }
    }

    /// <summary>Sends a request until it has an answer that is worth having; the answer is a success.</summary>
    /// <param name="make">Makes the request, anew for each try.</param>
    /// <param name="onRetry">Told before each further try.</param>
    /// <exception cref="ServiceRefusalException">The service refused it.</exception>
    /// <exception cref="ServiceUnreachableException">No answer.</exception>
    public async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, CancellationToken cancellationToken, Action? onRetry = null)
    {
        Retries retries = new(time, hasAnswered);
        for (; ; onRetry?.Invoke())
        {
            TimeSpan delay;
            try
            {
                using HttpRequestMessage request = make();
                HttpResponseMessage response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
                if (response.IsSuccessStatusCode)
                {
                    hasAnswered = true;
                    return response;
                }
                using (response)
                    delay = await DelayAfterAsync(response, retries, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception problem) when (IsConnectionFailure(problem, cancellationToken))
            {
                bool wasSent = problem is HttpRequestException { HttpRequestError: not HttpRequestError.ConnectionError };
                delay = (wasSent ? retries.AfterBreak() : retries.AfterAway(null))
                    ?? throw new ServiceUnreachableException($"The service at {Server} cannot be reached: {(problem.InnerException ?? problem).Message}", problem);
            }
            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose() => http.Dispose();

    /// <summary>A connection that is not made in time comes as a cancellation that nobody asked for.</summary>
    private static bool IsConnectionFailure(Exception problem, CancellationToken cancellationToken) =>
        problem is HttpRequestException || (problem is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private async Task<TimeSpan> DelayAfterAsync(HttpResponseMessage response, Retries retries, CancellationToken cancellationToken)
    {
        string reason = await ServiceProblem.ReadAsync(response, cancellationToken).ConfigureAwait(false);
        switch (response.StatusCode)
        {
            case HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout:
                return retries.AfterAway(RetryAfter(response)) ?? throw new ServiceUnreachableException($"The service at {Server} is not available: {reason}");
            case HttpStatusCode.TooManyRequests when retries.AfterBusy(RetryAfter(response)) is { } delay:
                hasAnswered = true;
                return delay;
            default:
                throw new ServiceRefusalException(response.StatusCode, reason);
        }
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter is { } header ? header.Delta ?? header.Date - time.GetUtcNow() : null;
}
