using System.Text.Json.Nodes;

namespace CavMae.Retrieval.Index;

/// <summary>What is to change of a stored clip's own words; null leaves a part as it is.</summary>
public sealed record ClipChanges
{
    public string? Title { get; init; }

    /// <summary>All tags the clip has from now on, not only new ones.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>The whole metadata from now on.</summary>
    public JsonObject? Metadata { get; init; }
}
