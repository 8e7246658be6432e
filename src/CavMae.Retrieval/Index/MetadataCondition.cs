using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CavMae.Retrieval.Index;

/// <summary>
/// A condition on one value of a clip's metadata. A clip that lacks the key does not fulfil it; where the value is a list, one element that
/// fulfils it is enough.
/// </summary>
/// <param name="Path">Names of the keys from the outermost in; a name may hold any character.</param>
public abstract record MetadataCondition(IReadOnlyList<string> Path)
{
    public bool Holds(JsonObject metadata)
    {
        JsonNode? node = metadata;
        foreach (string name in Path)
        {
            if (node is not JsonObject parent || !parent.TryGetPropertyValue(name, out node))
                return false;
        }
        return node is JsonArray list ? list.Any(element => Accepts(MetadataScalar.Of(element))) : Accepts(MetadataScalar.Of(node));
    }

    /// <summary>The same for parsed JSON that several threads may read.</summary>
    internal bool Holds(JsonElement metadata)
    {
        for (int i = 0; i < Path.Count; i++)
        {
            if (metadata.ValueKind != JsonValueKind.Object || !metadata.TryGetProperty(Path[i], out metadata))
                return false;
        }
        if (metadata.ValueKind != JsonValueKind.Array)
            return Accepts(MetadataScalar.Of(metadata));
        foreach (JsonElement element in metadata.EnumerateArray())
        {
            if (Accepts(MetadataScalar.Of(element)))
                return true;
        }
        return false;
    }

    /// <param name="value">A text, a number, true or false; of no kind for all else.</param>
    private protected abstract bool Accepts(in MetadataScalar value);
}

/// <summary>The value is one of these: texts by ordinal comparison, numbers by their value, true and false.</summary>
/// <param name="Path">Where the value lies.</param>
/// <param name="Values">At least one string, number or boolean.</param>
public sealed record MetadataIsOneOf(IReadOnlyList<string> Path, IReadOnlyList<JsonValue> Values) : MetadataCondition(Path)
{
    private readonly HashSet<MetadataScalar> allowed = [.. Values.Select(value => MetadataScalar.Of(value)).Where(value => value != default)];

    // Cannot be set, so that what was made of it stays true.
    public IReadOnlyList<JsonValue> Values { get; } = Values;

    private protected override bool Accepts(in MetadataScalar value) => allowed.Contains(value);
}

/// <summary>The value is a number within bounds.</summary>
/// <param name="Path">Where the value lies.</param>
/// <param name="Bounds">At least one bound.</param>
public sealed record MetadataNumberRange(IReadOnlyList<string> Path, Bounds<double> Bounds) : MetadataCondition(Path)
{
    private protected override bool Accepts(in MetadataScalar value) => value.Kind == JsonValueKind.Number && Bounds.Contain(value.Number);
}

/// <summary>The value is a text that tells an instant or a day (RFC 3339) within bounds; a day is its first instant in UTC.</summary>
/// <param name="Path">Where the value lies.</param>
/// <param name="Bounds">At least one bound.</param>
public sealed record MetadataDateRange(IReadOnlyList<string> Path, Bounds<DateTimeOffset> Bounds) : MetadataCondition(Path)
{
    private static readonly string[] Formats = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>Place of the point before a fraction of a second, and how many digits of it count.</summary>
    private const int PointAt = 19;
    private const int FractionDigits = 7;

    /// <summary>An instant with its offset from UTC (without one it is in UTC), to 100 ns; or a day.</summary>
    public static bool TryParse(string text, out DateTimeOffset instant) =>
        DateTimeOffset.TryParseExact(CutFraction(text), Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out instant);

    private static string CutFraction(string text)
    {
        const int end = PointAt + 1 + FractionDigits;
        if (text.Length <= end || text[PointAt] != '.' || text.AsSpan(PointAt + 1, FractionDigits).ContainsAnyExceptInRange('0', '9'))
            return text;
        int rest = text.AsSpan(end).IndexOfAnyExceptInRange('0', '9');
        return rest < 0 ? text[..end] : string.Concat(text.AsSpan(0, end), text.AsSpan(end + rest));
    }

    private protected override bool Accepts(in MetadataScalar value) =>
        value.Kind == JsonValueKind.String && TryParse(value.Text!, out DateTimeOffset instant) && Bounds.Contain(instant);
}

/// <summary>Bounds of a range; those that are null do not bound.</summary>
public sealed record Bounds<T> where T : struct, IComparable<T>
{
    public T? GreaterThan { get; init; }
    public T? AtLeast { get; init; }
    public T? LessThan { get; init; }
    public T? AtMost { get; init; }

    public bool Contain(T value) =>
        !(GreaterThan is { } above && value.CompareTo(above) <= 0) && !(AtLeast is { } least && value.CompareTo(least) < 0)
        && !(LessThan is { } below && value.CompareTo(below) >= 0) && !(AtMost is { } most && value.CompareTo(most) > 0);
}
