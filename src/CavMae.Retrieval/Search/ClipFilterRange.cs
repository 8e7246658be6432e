using System.Text.Json;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Search;

/// <summary>Reads the bounds of a range: numbers, or dates written as strings.</summary>
internal static class ClipFilterRange
{
    /// <exception cref="ClipFilterException">An unknown operator, bounds of two kinds or on one side twice, or a range in which nothing lies.</exception>
    public static MetadataCondition Parse(string key, string[] path, JsonElement operators, string knownOperators)
    {
        Dictionary<string, JsonElement> bounds = new(StringComparer.Ordinal);
        foreach (JsonProperty operation in operators.EnumerateObject())
        {
            if (operation.Name is not ("gt" or "gte" or "lt" or "lte"))
                throw ClipFilterParser.Bad(key, $"has the unknown operator '{ClipFilterParser.Shorten(operation.Name)}'; {knownOperators} (dots in the key lead into nested objects)");
            bounds.Add(operation.Name, operation.Value);
        }
        if (bounds.Count == 0)
            throw ClipFilterParser.Bad(key, $"has no operator; {knownOperators}");
        RefuseTwice("gt", "gte");
        RefuseTwice("lt", "lte");
        JsonValueKind[] kinds = [.. bounds.Values.Select(bound => bound.ValueKind).Distinct()];
        return kinds switch
        {
            [JsonValueKind.Number] => new MetadataNumberRange(path, ToBounds(key, bounds, ReadNumber)),
            [JsonValueKind.String] => new MetadataDateRange(path, ToBounds(key, bounds, ReadDate)),
            _ when bounds.FirstOrDefault(bound => bound.Value.ValueKind is not (JsonValueKind.Number or JsonValueKind.String)) is { Key: { } name } bad =>
                throw ClipFilterParser.Bad(key, $"has {ClipFilterParser.Describe(bad.Value)} as bound '{name}'; a number or a date is allowed"),
            _ => throw ClipFilterParser.Bad(key, "mixes numbers and dates as bounds"),
        };

        void RefuseTwice(string strict, string inclusive)
        {
            if (bounds.ContainsKey(strict) && bounds.ContainsKey(inclusive))
                throw ClipFilterParser.Bad(key, $"has both '{strict}' and '{inclusive}'; one of them is allowed");
        }
    }

    private static Bounds<T> ToBounds<T>(string key, Dictionary<string, JsonElement> bounds, Func<string, string, JsonElement, T> read) where T : struct, IComparable<T>
    {
        Bounds<T> range = new() { GreaterThan = Read("gt"), AtLeast = Read("gte"), LessThan = Read("lt"), AtMost = Read("lte") };
        if ((range.GreaterThan ?? range.AtLeast) is { } low && (range.LessThan ?? range.AtMost) is { } high)
        {
            int order = low.CompareTo(high);
            bool holdsBothEnds = range.AtLeast is not null && range.AtMost is not null;
            if (order > 0 || (order == 0 && !holdsBothEnds))
                throw ClipFilterParser.Bad(key, "asks for a range in which nothing lies");
        }
        return range;

        T? Read(string name) => bounds.TryGetValue(name, out JsonElement bound) ? read(key, name, bound) : null;
    }

    private static double ReadNumber(string key, string name, JsonElement bound) =>
        MetadataScalar.Of(bound) is { Kind: JsonValueKind.Number, Number: var number } ? number : throw ClipFilterParser.Bad(key, $"has a number beyond the range of 64-bit floating point as bound '{name}'");

    private static DateTimeOffset ReadDate(string key, string name, JsonElement bound) =>
        MetadataDateRange.TryParse(bound.GetString()!, out DateTimeOffset instant)
            ? instant
            : throw ClipFilterParser.Bad(key, $"has {ClipFilterParser.Describe(bound)} as bound '{name}'; a date such as 2024-01-31 or 2024-01-31T09:30:00Z (RFC 3339) is allowed");
}
