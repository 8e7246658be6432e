using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CavMae.Retrieval.Cli.Tests.Support;

/// <summary>Answers as a service would in situations that are hard to bring about with a real one. The last answer to a request stays for all further ones.</summary>
internal sealed class StubService : IDisposable
{
    public const string Model = """{"modelId": "stub-fp32-000000000000", "dimension": 4}""";

    private readonly HttpListener listener = new();
    private int connections;
    private readonly ConcurrentDictionary<string, Queue<StubAnswer>> answers = new(StringComparer.Ordinal);

    /// <param name="port">Where it listens; null: where nobody does.</param>
    public StubService(int? port = null)
    {
        Address = new Uri($"http://127.0.0.1:{port ?? FreePort()}");
        listener.Prefixes.Add($"{Address}");
        listener.Start();
        Answer("GET model", new StubAnswer(200, Model));
        Answer("GET clips", new StubAnswer(200, """{"items": [], "nextCursor": null}"""));
        _ = Task.Run(ServeAsync);
    }

    public Uri Address { get; }

    /// <summary>Requests of any kind so far.</summary>
    public int Connections => Volatile.Read(ref connections);

    /// <summary>Method and path below /api/v1 of every request but those for the model, and the body as Latin-1.</summary>
    public ConcurrentQueue<(string Request, string Body)> Requests { get; } = new();

    public void Answer(string request, params StubAnswer[] inTurn) => answers[request] = new Queue<StubAnswer>(inTurn);

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                HttpListenerContext context = await listener.GetContextAsync();
                Interlocked.Increment(ref connections);
                _ = Task.Run(() => RespondAsync(context));
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task RespondAsync(HttpListenerContext context)
    {
        string request = $"{context.Request.HttpMethod} {context.Request.Url!.AbsolutePath.Replace("/api/v1/", "", StringComparison.Ordinal)}";
        using StreamReader body = new(context.Request.InputStream, Encoding.Latin1);
        string text = await body.ReadToEndAsync();
        if (request != "GET model")
            Requests.Enqueue((request, text));
        StubAnswer answer = new(404, """{"title": "Not Found", "detail": "There is no such thing."}""");
        if (answers.TryGetValue(request, out Queue<StubAnswer>? queue))
            lock (queue)
                answer = queue.Count > 1 ? queue.Dequeue() : queue.Peek();
        if (answer.Status == StubAnswer.BrokenConnection)
        {
            // Less than was promised.
            context.Response.ContentLength64 = 100;
            await context.Response.OutputStream.WriteAsync(new byte[1]);
            context.Response.Abort();
            return;
        }
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.Status >= 400 ? "application/problem+json" : "application/json";
        if (answer.RetryAfter is { } delay)
            context.Response.Headers["Retry-After"] = delay;
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer.Json));
        context.Response.Close();
    }

    public static int FreePort()
    {
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public void Dispose() => listener.Close();
}

internal sealed record StubAnswer(int Status, string Json, string? RetryAfter = null)
{
    public const int BrokenConnection = 0;

    public static StubAnswer Broken { get; } = new(BrokenConnection, "");

    public static StubAnswer Clip(int status, string id) => new(status, $$"""
        {"id": "{{id}}", "title": "t", "tags": [], "metadata": {}, "durationSeconds": 10, "hasAudio": true, "hasVideo": true, "width": 4, "height": 3, "frameRate": 25,
         "sha256": "{{new string('0', 64)}}", "sizeBytes": 1, "modelId": "m", "createdAt": "2026-01-02T03:04:05Z",
         "scenes": [{"index": 0, "startSeconds": 0, "endSeconds": 10, "hasAudio": true, "hasVideo": true}]}
        """);
}
