using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace CavMae.Retrieval.Cli.Remote;

/// <summary>
/// Requests to a service, tried again where that helps and cannot harm: all that are sent here may come twice. Reading and searching change nothing,
/// removing twice is removing, and an upload that comes again is known by its content. Thread-safe.
/// </summary>
internal sealed class ServiceClient : IDisposable
{
    /// <summary>Tries where the service cannot be reached or says it is unavailable: together about six seconds.</summary>
    private const int MaxTries = 5;

    /// <summary>A full queue empties; so long it is waited for.</summary>
    private static readonly TimeSpan MaxBusyTime = TimeSpan.FromMinutes(10);

    /// <summary>What a service may ask to wait, at most: longer and something is wrong that a person should see.</summary>
    private static readonly TimeSpan MaxDelay = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly HttpClient http;
    private readonly TimeProvider time;

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
        long start = time.GetTimestamp();
        for (int failures = 0; ; onRetry?.Invoke())
        {
            TimeSpan delay;
            try
            {
                using HttpRequestMessage request = make();
                HttpResponseMessage response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
                if (response.IsSuccessStatusCode)
                    return response;
                using (response)
                {
                    string reason = await ServiceProblem.ReadAsync(response, cancellationToken).ConfigureAwait(false);
                    bool isBusy = response.StatusCode is HttpStatusCode.TooManyRequests && time.GetElapsedTime(start) < MaxBusyTime;
                    bool isAway = response.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout;
                    if (isAway && ++failures >= MaxTries)
                        throw new ServiceUnreachableException($"The service at {Server} is not available: {reason}");
                    if (!isBusy && !isAway)
                        throw new ServiceRefusalException(response.StatusCode, reason);
                    delay = RetryAfter(response.Headers.RetryAfter) ?? Backoff(failures);
                }
            }
            catch (HttpRequestException problem)
            {
                if (++failures >= MaxTries)
                    throw new ServiceUnreachableException($"The service at {Server} cannot be reached: {(problem.InnerException ?? problem).Message}", problem);
                delay = Backoff(failures);
            }
            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose() => http.Dispose();

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header)
    {
        TimeSpan? asked = header?.Delta ?? header?.Date - time.GetUtcNow();
        return asked is { } delay ? TimeSpan.FromTicks(Math.Clamp(delay.Ticks, 0, MaxDelay.Ticks)) : null;
    }

    /// <summary>Twice as long each time, half of it by chance, so that many clients do not come back at once.</summary>
    private static TimeSpan Backoff(int failures) => FirstDelay * Math.Pow(2, Math.Max(0, failures - 1)) * (0.5 + Random.Shared.NextDouble() / 2);
}
