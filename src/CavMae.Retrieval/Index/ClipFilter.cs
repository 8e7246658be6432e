using System.Text.Json.Nodes;

namespace CavMae.Retrieval.Index;

/// <summary>Which clips take part in a search or a list: those that have every tag and fulfil every condition.</summary>
public sealed record ClipFilter
{
    public static ClipFilter None { get; } = new();

    /// <summary>Tags a clip must all have (ordinal comparison).</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Conditions on the clip's metadata that must all hold.</summary>
    public IReadOnlyList<MetadataCondition> Conditions { get; init; } = [];

    public bool IsEmpty => Tags.Count == 0 && Conditions.Count == 0;

    public bool Matches(IReadOnlyList<string> tags, JsonObject metadata) =>
        Tags.All(tag => tags.Contains(tag, StringComparer.Ordinal)) && Conditions.All(condition => condition.Holds(metadata));
}
