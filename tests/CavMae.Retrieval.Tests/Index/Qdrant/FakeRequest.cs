using System.Net;
using System.Text.Json.Nodes;

namespace CavMae.Retrieval.Tests.Index.Qdrant;

/// <summary>A request as it came.</summary>
internal sealed record FakeRequest(string Method, string Path, IReadOnlyList<(string Name, string Value)> Query, string? ApiKey, JsonNode? Body)
{
    /// <summary>Such as <c>PUT points</c>, without the collection.</summary>
    public string Operation => $"{Method} {string.Join('/', Path.Trim('/').Split('/').Skip(2))}";

    /// <summary>The collection or alias; empty where the request is about none.</summary>
    public string Collection => Path.Trim('/').Split('/').ElementAtOrDefault(1) ?? "";
}

/// <summary>How a request goes wrong.</summary>
internal enum FaultKind
{
    /// <summary>An error status instead of an answer; nothing is applied.</summary>
    Status,

    /// <summary>The connection breaks before anything is applied.</summary>
    Dropped,

    /// <summary>All is applied, then the connection breaks: the answer is lost.</summary>
    AnswerLost,

    /// <summary>Half of the points are written, then the connection breaks.</summary>
    HalfApplied,

    /// <summary>The answer is late.</summary>
    Slow,

    /// <summary>There is no answer before <see cref="Fault.Until"/>.</summary>
    Held,

    /// <summary>The answer is that the write is noted, but not applied.</summary>
    NotApplied,
}

internal sealed record Fault(FaultKind Kind, HttpStatusCode Status = HttpStatusCode.InternalServerError, TimeSpan Delay = default, string? RetryAfter = null, Task? Until = null);
