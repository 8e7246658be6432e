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
            Range = new QdrantRange { Gt = Finite(bounds.GreaterThan), Gte = Finite(bounds.AtLeast), Lt = Finite(bounds.LessThan), Lte = Finite(bounds.AtMost) },
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
        string[] texts = [.. values.Select(value => MetadataScalar.Of(value).Text).OfType<string>().Distinct(StringComparer.Ordinal)];
        if (texts.Length > 0)
            any.Add(QdrantCondition.IsAnyOf(key, texts));
        foreach (var value in values)
        {
            var scalar = MetadataScalar.Of(value);
            if (scalar.Kind is JsonValueKind.True or JsonValueKind.False)
                any.Add(QdrantCondition.Is(key, scalar.Kind is JsonValueKind.True));
            else if (scalar.Kind is JsonValueKind.Number)
                any.Add(new QdrantCondition { Key = key, Range = new QdrantRange { Gte = scalar.Number, Lte = scalar.Number } });
        }
        return any.Count == 0 ? null : new QdrantCondition { Should = any };
    }

    /// <summary>
    /// Each name in quotes, so that any other character stands for itself. Names with a quote, backslash or control character have no spelling there: null, and the
    /// condition is asked afterwards alone.
    /// </summary>
    private static string? PathOf(IReadOnlyList<string> path) =>
        path.Count == 0 || path.Any(name => name.Length == 0 || name.Any(c => c is '"' or '\\' || char.IsControl(c))) ? null
            : $"{FilterCopy.MetadataField}.{string.Join('.', path.Select(name => $"\"{name}\""))}";

    /// <summary>JSON has no infinite numbers; such a bound is asked afterwards alone.</summary>
    private static JsonNode? Finite(double? bound) => bound is { } number && double.IsFinite(number) ? number : null;

    private static JsonNode? Earlier(DateTimeOffset? above, DateTimeOffset? least) =>
        (above > least || least is null ? above : least) is { } bound ? Text(bound.UtcTicks <= InstantSlack.Ticks ? bound : bound - InstantSlack) : null;

    private static JsonNode? Later(DateTimeOffset? below, DateTimeOffset? most) =>
        (below < most || most is null ? below : most) is { } bound ? Text(bound.UtcTicks >= DateTimeOffset.MaxValue.UtcTicks - InstantSlack.Ticks ? bound : bound + InstantSlack) : null;

    private static JsonNode Text(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
