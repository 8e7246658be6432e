using CavMae.Retrieval.Index;
using CavMae.Retrieval.Search;

namespace CavMae.Retrieval.Api.Endpoints;

/// <summary>Which clips take part, as the query string says it in lists and searches alike.</summary>
internal static class ClipFilterQuery
{
    public const string Description =
        "Only clips whose metadata fulfil every condition of this JSON object: a plain value (equal), {\"in\": [..]}, or a range by gt, gte, lt, lte of numbers or RFC 3339 dates. "
        + "Dots in a key lead into nested objects; \\. is a dot of a name. A clip without the key is left out; of a list, one element is enough.";

    /// <exception cref="ClipFilterException">A filter that cannot be understood.</exception>
    public static ClipFilter ToFilter(string[]? tags, string? filter) =>
        new() { Tags = tags ?? [], Conditions = filter is null ? [] : ClipFilterParser.Parse(filter) };
}
