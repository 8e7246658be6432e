using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CavMae.Retrieval.Tests.Index.Qdrant;

/// <summary>
/// A small Qdrant in memory, over HTTP: the operations this project uses, and a refusal of every request that its OpenAPI document (where it is
/// there) or the project's own list of requests does not allow. Requests that were refused for that are kept in <see cref="Violations"/>.
/// </summary>
internal sealed class FakeQdrant : IDisposable
{
    private readonly Dictionary<string, FakeCollection> collections = [];
    private readonly FakeAliases aliases = new();
    private readonly Lock gate = new();
    private readonly string? apiKey;
    private HttpListener listener;

    public FakeQdrant(string? apiKey = null)
    {
        this.apiKey = apiKey;
        (listener, Url) = Listen();
        _ = ServeAsync(listener);
    }

    public string Url { get; }

    public ConcurrentQueue<string> Violations { get; } = [];

    public ConcurrentQueue<FakeRequest> Requests { get; } = [];

    /// <summary>Says of each request how it goes wrong; null: it does not.</summary>
    public Func<FakeRequest, Fault?> Faults { get; set; } = _ => null;

    /// <summary>Of the collection of this name or alias.</summary>
    public IReadOnlyList<FakePoint> PointsOf(string collection)
    {
        lock (gate)
            return collections.TryGetValue(aliases.Resolve(collection), out var found) ? [.. found.Points.Values] : [];
    }

    /// <summary>Real names, in order.</summary>
    public IReadOnlyList<string> Collections
    {
        get
        {
            lock (gate)
                return [.. collections.Keys.Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>Real names by alias.</summary>
    public IReadOnlyDictionary<string, string> Aliases
    {
        get
        {
            lock (gate)
                return aliases.Targets;
        }
    }

    /// <summary>Loses all it holds.</summary>
    public void Clear()
    {
        lock (gate)
        {
            collections.Clear();
            aliases.Clear();
        }
    }

    /// <summary>Goes down; what it holds stays.</summary>
    public void Stop() => listener.Close();

    public void Start()
    {
        listener = new HttpListener { Prefixes = { Url + "/" } };
        listener.Start();
        _ = ServeAsync(listener);
    }

    public void Dispose() => Stop();

    private static (HttpListener Listener, string Url) Listen()
    {
        for (var i = 0; ; i++)
        {
            // Below the ports that outgoing connections get: a client of a stopped server could otherwise be connected to itself.
            var url = $"http://127.0.0.1:{Random.Shared.Next(20_000, 32_000)}";
            var listener = new HttpListener { Prefixes = { url + "/" } };
            try
            {
                listener.Start();
                return (listener, url);
            }
            catch (HttpListenerException) when (i < 50)
            {
                // Somebody else's port.
                listener.Close();
            }
        }
    }

    private async Task ServeAsync(HttpListener on)
    {
        try
        {
            while (true)
            {
                var context = await on.GetContextAsync();
                _ = Task.Run(() => HandleAsync(context));
            }
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task HandleAsync(HttpListenerContext context)
    {
        try
        {
            var text = context.Request.HasEntityBody ? await new StreamReader(context.Request.InputStream).ReadToEndAsync() : null;
            var request = new FakeRequest(context.Request.HttpMethod, context.Request.Url!.AbsolutePath,
                [.. context.Request.QueryString.AllKeys.Select(name => (name ?? "", context.Request.QueryString[name]!))], context.Request.Headers["api-key"], text is null ? null : JsonNode.Parse(text));
            Requests.Enqueue(request);
            var fault = Faults(request);
            if (fault is { Kind: FaultKind.Slow })
                await Task.Delay(fault.Delay);
            if (fault is { Kind: FaultKind.Held })
                await fault.Until!;
            if (fault is { Kind: FaultKind.Dropped })
                context.Response.Abort();
            else if (fault is { Kind: FaultKind.Status })
                await AnswerAsync(context, fault.Status, Error("told to fail"), fault.RetryAfter);
            else
                await AnswerAsync(context, request, text, fault);
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or IOException)
        {
            // The client or the listener has gone.
        }
        catch (Exception exception)
        {
            Violations.Enqueue($"{context.Request.Url}: {exception}");
            context.Response.Abort();
        }
    }

    private async Task AnswerAsync(HttpListenerContext context, FakeRequest request, string? text, Fault? fault)
    {
        if (request.ApiKey != apiKey)
        {
            await AnswerAsync(context, HttpStatusCode.Unauthorized, Error("Must provide an API key"));
            return;
        }
        JsonElement? body = text is null ? null : JsonElement.Parse(text);
        string[] wrong =
        [
            .. OpenApiContract.Own.Check(request.Method, request.Path, request.Query, body),
            .. OpenApiContract.Published?.Check(request.Method, request.Path, request.Query, body) ?? [],
        ];
        if (wrong.Length > 0)
        {
            Violations.Enqueue($"{request.Method} {request.Path}: {string.Join("; ", wrong)}");
            await AnswerAsync(context, HttpStatusCode.BadRequest, Error(string.Join("; ", wrong)));
            return;
        }
        HttpStatusCode status;
        JsonNode answer;
        lock (gate)
            (status, answer) = Apply(request, fault);
        if (fault is { Kind: FaultKind.AnswerLost or FaultKind.HalfApplied })
            context.Response.Abort();
        else
            await AnswerAsync(context, status, answer);
    }

    private (HttpStatusCode Status, JsonNode Answer) Apply(FakeRequest request, Fault? fault)
    {
        try
        {
            if (request is { Method: "GET", Path: "/aliases" })
                return (HttpStatusCode.OK, Result(aliases.Describe()));
            if (request is { Method: "POST", Path: "/collections/aliases" })
            {
                aliases.Change(request.Body!, collections.ContainsKey);
                return (HttpStatusCode.OK, Result(true));
            }
            if (request.Operation == "PUT ")
                return !aliases.Targets.ContainsKey(request.Collection) && collections.TryAdd(request.Collection, new FakeCollection((JsonObject)request.Body!))
                    ? (HttpStatusCode.OK, Result(true)) : (HttpStatusCode.Conflict, Error($"Wrong input: Collection or alias `{request.Collection}` already exists!"));
            if (request.Operation == "DELETE ")
            {
                aliases.RemoveOf(request.Collection);
                return (HttpStatusCode.OK, Result(collections.Remove(request.Collection)));
            }
            if (!collections.TryGetValue(aliases.Resolve(request.Collection), out var collection))
                return (HttpStatusCode.NotFound, Error($"Not found: Collection `{request.Collection}` doesn't exist!"));
            if (fault is { Kind: FaultKind.NotApplied })
                return (HttpStatusCode.OK, Result(new JsonObject { ["status"] = "wait_timeout", ["operation_id"] = 1 }));
            return (HttpStatusCode.OK, Result(Apply(request, collection, fault)));
        }
        catch (FakeRefusalException exception)
        {
            Violations.Enqueue($"{request.Method} {request.Path}: {exception.Message}");
            return (HttpStatusCode.BadRequest, Error(exception.Message));
        }
    }

    private static JsonNode Apply(FakeRequest request, FakeCollection collection, Fault? fault)
    {
        var body = request.Body;
        switch (request.Operation)
        {
            case "GET ":
                return collection.Describe();
            case "PUT index":
                collection.CreateIndex(body!);
                break;
            case "PUT points":
                collection.Upsert(body!, fault is { Kind: FaultKind.HalfApplied } ? body!["points"]!.AsArray().Count / 2 : int.MaxValue);
                break;
            case "POST points/delete":
                collection.Delete(body!);
                break;
            case "POST points":
                return collection.Retrieve(body!);
            case "POST points/scroll":
                return collection.Scroll(body!);
            case "POST points/count":
                return collection.Count(body!);
            case "POST points/query/batch":
                return new JsonArray([.. body!["searches"]!.AsArray().Select(search => collection.Query(search!))]);
            case "POST points/query/groups":
                return collection.QueryGroups(body!);
            default:
                throw new FakeRefusalException($"no operation {request.Operation}");
        }
        return new JsonObject { ["status"] = "completed", ["operation_id"] = 1 };
    }

    private static async Task AnswerAsync(HttpListenerContext context, HttpStatusCode status, JsonNode answer, string? retryAfter = null)
    {
        context.Response.StatusCode = (int)status;
        context.Response.ContentType = "application/json";
        if (retryAfter is not null)
            context.Response.Headers["Retry-After"] = retryAfter;
        var bytes = JsonSerializer.SerializeToUtf8Bytes(answer);
        context.Response.ContentLength64 = bytes.Length;
        await context.Response.OutputStream.WriteAsync(bytes);
        context.Response.Close();
    }

    private static JsonObject Result(JsonNode result) => new() { ["result"] = result, ["status"] = "ok", ["time"] = 0.001 };

    private static JsonObject Error(string message) => new() { ["status"] = new JsonObject { ["error"] = message }, ["time"] = 0.001 };
}
