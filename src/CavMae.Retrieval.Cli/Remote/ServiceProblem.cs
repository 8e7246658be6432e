using System.Text.Json;
using System.Text.Json.Serialization;

namespace CavMae.Retrieval.Cli.Remote;

/// <summary>Problem details (RFC 9457), as far as they are shown.</summary>
internal sealed record ServiceProblem(string? Title, string? Detail)
{
    /// <summary>The reason an answer gives; where it gives none, its status.</summary>
    public static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        string fallback = $"The service answered {(int)response.StatusCode} {response.ReasonPhrase}.";
        if (response.Content.Headers.ContentType?.MediaType is not ("application/problem+json" or "application/json"))
            return fallback;
        try
        {
            string text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            return JsonSerializer.Deserialize(text, ServiceJson.Default.ServiceProblem) is { } problem ? problem.Detail ?? problem.Title ?? fallback : fallback;
        }
        catch (JsonException)
        {
            return fallback;
        }
    }
}

/// <summary>A job of the service, as far as it is waited for.</summary>
/// <param name="State">queued, running, succeeded, failed or cancelled.</param>
internal sealed record ServiceJob(string Id, string State, string? ClipId, ServiceProblem? Problem);

/// <summary>What serves, as far as it is shown.</summary>
internal sealed record ServiceModel(string ModelId, int Dimension);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ServiceProblem))]
[JsonSerializable(typeof(ServiceJob))]
[JsonSerializable(typeof(ServiceModel))]
internal sealed partial class ServiceJson : JsonSerializerContext;
