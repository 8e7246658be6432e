using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>
/// A <see cref="ClipFilter"/> in Qdrant's words. What comes through is everything that holds and perhaps a little more — numbers are compared as
/// float64 and instants in microseconds there, and a payload may be <see cref="FilterCopy.PartialField"/> — so that the caller still asks
/// <see cref="ClipFilter.Matches"/>, and the meaning is the same in every store.
/// </summary>
internal static class FilterTranslation
{
    private static readonly TimeSpan InstantSlack = TimeSpan.FromMicroseconds(2);

    /// <summary>Conditions to be put under <see cref="QdrantFilter.Must"/>; none for an empty filter.</summary>
    public static IEnumerable<QdrantCondition> Translate(ClipFilter filter)
    {
        List<QdrantCondition> all = [.. filter.Tags.Distinct(StringComparer.Ordinal).Select(tag => QdrantCondition.Is(FilterCopy.TagsField, tag))];
        foreach (var condition in filter.Conditions)
            if (PathOf(condition.Path) is { } key && Translate(key, condition) is { } translated)
                all.Add(translated);
        if (all.Count == 0)
            return [];
        return [new QdrantCondition { Should = [new QdrantCondition { Must = all }, QdrantCondition.Is(FilterCopy.PartialField, true)] }];
    }

    /// <summary>Null where Qdrant has no such condition.</summary>
    private static QdrantCondition? Translate(string key, MetadataCondition condition) => condition switch
    {
        MetadataIsOneOf oneOf => OneOf(key, oneOf.Values),
        MetadataNumberRange { Bounds: var bounds } => new QdrantCondition
        {
            Key = key,
            Range = new QdrantRange { Gt = bounds.GreaterThan, Gte = bounds.AtLeast, Lt = bounds.LessThan, Lte = bounds.AtMost },
        },
        MetadataDateRange { Bounds: var bounds } => new QdrantCondition
        {
            Key = key,
            // Wider by what is lost in microseconds; an open bound becomes a closed one for the same reason.
            Range = new QdrantRange { Gte = Earlier(bounds.GreaterThan, bounds.AtLeast), Lte = Later(bounds.LessThan, bounds.AtMost) },
        },
        _ => null,
    };

    /// <summary>Texts and booleans by value; numbers as a range of one value, since a match compares whole numbers only.</summary>
    private static QdrantCondition? OneOf(string key, IReadOnlyList<JsonValue> values)
    {
        List<QdrantCondition> any = [];
        string[] texts = [.. values.Where(value => value.GetValueKind() == JsonValueKind.String).Select(value => value.GetValue<string>()).Distinct(StringComparer.Ordinal)];
        if (texts.Length > 0)
            any.Add(QdrantCondition.IsAnyOf(key, texts));
        foreach (var value in values)
        {
            if (value.GetValueKind() is JsonValueKind.True or JsonValueKind.False)
                any.Add(QdrantCondition.Is(key, value.GetValueKind() is JsonValueKind.True));
            else if (MetadataNumber.Of(value) is { } number)
                any.Add(new QdrantCondition { Key = key, Range = new QdrantRange { Gte = number, Lte = number } });
        }
        return any.Count == 0 ? null : new QdrantCondition { Should = any };
    }

    /// <summary>
    /// Each name in quotes, so that any other character stands for itself. Names with a quote or backslash have no spelling there: null, and the
    /// condition is asked afterwards alone.
    /// </summary>
    private static string? PathOf(IReadOnlyList<string> path) =>
        path.Count == 0 || path.Any(name => name.Length == 0 || name.AsSpan().IndexOfAny('"', '\\') >= 0) ? null
            : $"{FilterCopy.MetadataField}.{string.Join('.', path.Select(name => $"\"{name}\""))}";

    private static JsonNode? Earlier(DateTimeOffset? above, DateTimeOffset? least) =>
        (above > least || least is null ? above : least) is { } bound ? Text(bound.UtcTicks <= InstantSlack.Ticks ? bound : bound - InstantSlack) : null;

    private static JsonNode? Later(DateTimeOffset? below, DateTimeOffset? most) =>
        (below < most || most is null ? below : most) is { } bound ? Text(bound.UtcTicks >= DateTimeOffset.MaxValue.UtcTicks - InstantSlack.Ticks ? bound : bound + InstantSlack) : null;

    private static JsonNode Text(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
