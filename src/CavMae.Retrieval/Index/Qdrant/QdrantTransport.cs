using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;

namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>
/// Sends requests and reads answers. Every request of this program may be sent twice without harm (ids are made from what the points stand for,
/// commits say what they replace), so what may pass — no connection, no answer in time, 408, 429, 5xx — is tried again after a random wait. What is
/// refused for what the request holds is a <see cref="StoreRefusedException"/>; all else is for time or the operator to mend.
/// </summary>
internal sealed partial class QdrantTransport : IDisposable
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private readonly HttpClient http;
    private readonly QdrantIndexOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;

    public QdrantTransport(QdrantIndexOptions options, TimeProvider time, ILogger logger)
    {
        this.options = options;
        this.time = time;
        this.logger = logger;
        http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            // Nodes of a cluster come and go behind one name.
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            ConnectTimeout = options.Timeout,
        })
        {
            BaseAddress = new Uri(options.Url.TrimEnd('/') + "/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (!string.IsNullOrEmpty(options.ApiKey))
            http.DefaultRequestHeaders.Add("api-key", options.ApiKey);
    }

    /// <param name="path">Relative to the service's address, query included.</param>
    /// <param name="body">JSON; null: no body.</param>
    /// <param name="tolerated">Statuses that are an answer too: the result is null then.</param>
    /// <exception cref="StoreUnavailableException">No usable answer after all tries, or none to be had with this address or key.</exception>
    /// <exception cref="StoreRefusedException">The request is refused for what it holds.</exception>
    public async Task<TAnswer?> SendAsync<TAnswer>(HttpMethod method, string path, byte[]? body, JsonTypeInfo<QdrantAnswer<TAnswer>> answer,
        Func<HttpStatusCode, bool>? tolerated, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var (reply, failure) = await TryAsync(method, path, body, cancellationToken).ConfigureAwait(false);
            if (reply is { Status: HttpStatusCode.OK } && TryRead(reply.Body, answer, out var result, out failure))
                return result;
            if (reply is not null && tolerated is not null && tolerated(reply.Status))
                return default;
            // An answer that is cut off may pass too.
            var mayPass = reply is null || (int)reply.Status is 200 or 408 or 429 or >= 500;
            if (!mayPass || attempt >= options.Retries)
                throw Failed(reply, failure);
            var wait = WaitBefore(attempt, reply?.RetryAfter);
            LogRetry(logger, method.Method, path, Describe(reply, failure), wait.TotalMilliseconds);
            await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose() => http.Dispose();

    private async Task<(Reply? Reply, Exception? Failure)> TryAsync(HttpMethod method, string path, byte[]? body, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(method, path);
            if (body is not null)
            {
                request.Content = new ByteArrayContent(body);
                request.Content.Headers.ContentType = new("application/json");
            }
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            var bytes = await response.Content.ReadAsByteArrayAsync(either.Token).ConfigureAwait(false);
            return (new Reply(response.StatusCode, bytes, response.Headers.RetryAfter?.Delta), null);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OperationCanceledException exception)
        {
            return (null, new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"no answer within {options.Timeout.TotalSeconds:0.###} s"), exception));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return (null, exception);
        }
    }

    /// <summary>Waits grow by two; half of each is random, so that clients turned away together do not come back together.</summary>
    private static TimeSpan WaitBefore(int attempt, TimeSpan? retryAfter)
    {
        var longest = FirstWait * Math.Pow(2, attempt + 1);
        var wait = longest * (0.5 + (Random.Shared.NextDouble() / 2));
        if (retryAfter > wait)
            wait = retryAfter.Value;
        return wait < LongestWait ? wait : LongestWait;
    }

    private static bool TryRead<TAnswer>(byte[] body, JsonTypeInfo<QdrantAnswer<TAnswer>> answer, [NotNullWhen(true)] out TAnswer? result, out Exception? failure)
    {
        (result, failure) = (default, null);
        try
        {
            if (JsonSerializer.Deserialize(body, answer) is { Result: { } read })
                result = read;
            else
                failure = new JsonException("the answer has no result");
        }
        catch (JsonException exception)
        {
            failure = exception;
        }
        return failure is null;
    }

    private Exception Failed(Reply? reply, Exception? failure) => reply?.Status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new StoreUnavailableException(
            $"Qdrant at '{options.Url}' refuses the API key ({Describe(reply, failure)}). Set Index:Qdrant:ApiKey to a key that may read and write."),
        HttpStatusCode.BadRequest or HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity => new StoreRefusedException($"Qdrant at '{options.Url}' refuses a request: {Describe(reply, failure)}."),
        HttpStatusCode.RequestEntityTooLarge => new StoreRefusedException(
            $"Qdrant at '{options.Url}' refuses a request as too large: {Describe(reply, failure)}. Lower Index:Qdrant:BatchSize, or raise the limit there."),
        HttpStatusCode.OK => new StoreUnavailableException($"What answers at '{options.Url}' is no Qdrant this program knows: {failure?.Message} Check Index:Qdrant:Url.", failure),
        _ => new StoreUnavailableException($"Qdrant at '{options.Url}' is not available: {Describe(reply, failure)}.", failure),
    };

    private static string Describe(Reply? reply, Exception? failure) =>
        failure is not null ? failure.Message.TrimEnd('.') : $"status {(int)reply!.Status}{ErrorIn(reply.Body)}";

    /// <summary>The server's own words, <c>{"status": {"error": "…"}}</c>, or nothing.</summary>
    private static string ErrorIn(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return ": " + document.RootElement.GetProperty("status").GetProperty("error").GetString()!.TrimEnd('.');
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return "";
        }
    }

    private sealed record Reply(HttpStatusCode Status, byte[] Body, TimeSpan? RetryAfter);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Qdrant: {Method} {Path} failed ({Reason}); trying again in {WaitMs:0} ms.")]
    private static partial void LogRetry(ILogger logger, string method, string path, string reason, double waitMs);
}
