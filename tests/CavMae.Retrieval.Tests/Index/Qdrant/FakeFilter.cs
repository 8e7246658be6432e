using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CavMae.Retrieval.Tests.Index.Qdrant;

/// <summary>Qdrant's filters: what its documentation says of must, should, must_not, match, range and has_id.</summary>
internal static class FakeFilter
{
    public static bool Holds(JsonNode? filter, FakePoint point)
    {
        if (filter is null)
            return true;
        return All(filter["must"]).All(condition => HoldsOne(condition, point))
            && (All(filter["should"]) is not { Count: > 0 } should || should.Any(condition => HoldsOne(condition, point)))
            && !All(filter["must_not"]).Any(condition => HoldsOne(condition, point));
    }

    /// <summary>The values at a path such as <c>metadata."a.b"</c>: elements where it is a list.</summary>
    public static IEnumerable<JsonNode?> ValuesAt(JsonObject payload, string key)
    {
        JsonNode? node = payload;
        foreach (var name in Split(key))
        {
            if (node is not JsonObject parent || !parent.TryGetPropertyValue(name, out node))
                return [];
        }
        return node is JsonArray list ? list.AsEnumerable() : [node];
    }

    private static IReadOnlyList<JsonNode> All(JsonNode? conditions) => conditions switch
    {
        null => [],
        JsonArray list => [.. list.Select(condition => condition!)],
        _ => [conditions],
    };

    private static bool HoldsOne(JsonNode condition, FakePoint point)
    {
        if (condition["has_id"] is JsonArray ids)
            return ids.Any(id => id!.GetValue<string>() == point.Id);
        if (condition["key"]?.GetValue<string>() is not { } key)
            return Holds(condition, point);
        var values = ValuesAt(point.Payload, key).OfType<JsonValue>().ToList();
        if (condition["match"] is { } match)
            return values.Exists(value => match["any"] is JsonArray any ? any.Any(one => Matches(one!, value)) : Matches(match["value"]!, value));
        return values.Exists(value => IsWithin(condition["range"]!, value));
    }

    /// <summary>Texts, whole numbers and booleans; a number with a fraction part matches nothing.</summary>
    private static bool Matches(JsonNode wanted, JsonValue value) => wanted.GetValueKind() == value.GetValueKind() && wanted.GetValueKind() switch
    {
        JsonValueKind.String => wanted.GetValue<string>() == value.GetValue<string>(),
        JsonValueKind.Number => long.TryParse(value.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && wanted.GetValue<long>() == number,
        _ => true,
    };

    private static bool IsWithin(JsonNode range, JsonValue value)
    {
        var bounds = range.AsObject().Where(bound => bound.Value is not null).ToList();
        if (bounds.Exists(bound => bound.Value!.GetValueKind() == JsonValueKind.String))
            return value.GetValueKind() == JsonValueKind.String && TryInstant(value.GetValue<string>(), out var instant)
                && bounds.TrueForAll(bound => TryInstant(bound.Value!.GetValue<string>(), out var edge) && Fits(bound.Key, instant.CompareTo(edge)));
        return value.GetValueKind() == JsonValueKind.Number && double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture) is var number
            && bounds.TrueForAll(bound => Fits(bound.Key, number.CompareTo(double.Parse(bound.Value!.ToJsonString(), CultureInfo.InvariantCulture))));
    }

    private static bool Fits(string bound, int order) => bound switch { "gt" => order > 0, "gte" => order >= 0, "lt" => order < 0, _ => order <= 0 };

    /// <summary>To the microsecond, as Qdrant keeps instants.</summary>
    private static bool TryInstant(string text, out long microseconds)
    {
        var isOne = DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant);
        microseconds = instant.UtcTicks / TimeSpan.TicksPerMicrosecond;
        return isOne;
    }

    private static IEnumerable<string> Split(string key)
    {
        var (name, isQuoted) = (new StringBuilder(), false);
        foreach (var c in key)
        {
            if (c == '"')
                isQuoted = !isQuoted;
            else if (c == '.' && !isQuoted)
            {
                yield return name.ToString();
                name.Clear();
            }
            else
                name.Append(c);
        }
        yield return name.ToString();
    }
}
