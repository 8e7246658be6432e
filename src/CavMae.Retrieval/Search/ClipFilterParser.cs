using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Search;

/// <summary>
/// Reads a filter on metadata as clients write it: a JSON object of conditions that must all hold. A plain string, number, true or false asks for
/// that value, <c>{"in": [..]}</c> for one of several, <c>{"gte": .., "lt": ..}</c> (also <c>gt</c>, <c>lte</c>) for a range of numbers or dates. Dots in
/// a key lead into nested objects; a dot that belongs to a name is written <c>\.</c>, a backslash <c>\\</c> (in JSON text <c>"a\\.b"</c>).
/// </summary>
/// <example><c>{"place": "Paris", "year": {"gte": 2000, "lt": 2010}, "camera.model": {"in": ["X", "Y"]}, "recorded": {"gte": "2024-01-01"}}</c></example>
public static class ClipFilterParser
{
    /// <summary>Most characters of the text.</summary>
    public const int MaxLength = 4096;

    public const int MaxConditions = 20;

    /// <summary>Most values of an <c>in</c>.</summary>
    public const int MaxValues = 100;

    /// <summary>Most names in a key.</summary>
    public const int MaxPathDepth = 16;

    private const int MaxDepth = 64;
    private const string Operators = "'in', 'gt', 'gte', 'lt' and 'lte' are known, and a plain value asks for that value";

    /// <summary>Conditions of a text; none for <c>{}</c>.</summary>
    /// <exception cref="ClipFilterException">What is wrong with the text, and where.</exception>
    public static IReadOnlyList<MetadataCondition> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxLength)
            throw new ClipFilterException($"The filter has {text.Length} characters; at most {MaxLength} are allowed.");
        try
        {
            JsonElement filter = JsonElement.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = MaxDepth });
            if (filter.ValueKind != JsonValueKind.Object)
                throw new ClipFilterException($"The filter is {Describe(filter)}; it has to be a JSON object, such as {{\"year\": 2024}}.");
            if (filter.GetPropertyCount() > MaxConditions)
                throw new ClipFilterException($"The filter has {filter.GetPropertyCount()} conditions; at most {MaxConditions} are allowed.");
            return [.. filter.EnumerateObject().Select(condition => ParseCondition(condition.Name, condition.Value))];
        }
        catch (JsonException e)
        {
            throw new ClipFilterException($"The filter is not JSON: {e.Message}", e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // What the reader throws for half a surrogate pair, raw or escaped.
            throw new ClipFilterException("The filter has a string that is not Unicode text.", e);
        }
    }

    private static MetadataCondition ParseCondition(string key, JsonElement asked)
    {
        string[] path = ParsePath(key);
        return asked.ValueKind switch
        {
            JsonValueKind.Object => ParseOperators(key, path, asked),
            JsonValueKind.Array => throw Bad(key, "is a list; {\"in\": [..]} asks for one of several values"),
            _ => new MetadataIsOneOf(path, [ParseValue(key, asked)]),
        };
    }

    private static MetadataCondition ParseOperators(string key, string[] path, JsonElement asked)
    {
        if (asked.TryGetProperty("in", out JsonElement values))
            return asked.GetPropertyCount() == 1 ? new MetadataIsOneOf(path, ParseValues(key, values)) : throw Bad(key, "has something beside 'in', which stands alone");
        return ClipFilterRange.Parse(key, path, asked, Operators);
    }

    private static JsonValue[] ParseValues(string key, JsonElement values)
    {
        if (values.ValueKind != JsonValueKind.Array || values.GetArrayLength() is < 1 or > MaxValues)
            throw Bad(key, $"asks for 'in' with {Describe(values)}; a list of 1 to {MaxValues} values is allowed");
        return [.. values.EnumerateArray().Select(value => ParseValue(key, value))];
    }

    private static JsonValue ParseValue(string key, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => JsonValue.Create(value.GetString()!),
        JsonValueKind.Number when MetadataScalar.Of(value) != default => JsonValue.Create(value)!,
        JsonValueKind.Number => throw Bad(key, "has a number beyond the range of 64-bit floating point"),
        JsonValueKind.True or JsonValueKind.False => JsonValue.Create(value.GetBoolean()),
        _ => throw Bad(key, $"asks for {Describe(value)}; a string, a number, true or false can be asked for"),
    };

    private static string[] ParsePath(string key)
    {
        List<string> names = [];
        StringBuilder name = new();
        for (int i = 0; i <= key.Length; i++)
        {
            if (i == key.Length || key[i] == '.')
            {
                names.Add(name.Length > 0 ? name.ToString() : throw Bad(key, "has an empty name in its key"));
                name.Clear();
            }
            else if (key[i] != '\\')
                name.Append(key[i]);
            else if (++i < key.Length && key[i] is '.' or '\\')
                name.Append(key[i]);
            else
                throw Bad(key, @"has a '\' in its key that is not before '.' or '\'");
        }
        return names.Count <= MaxPathDepth ? [.. names] : throw Bad(key, $"has {names.Count} names in its key; at most {MaxPathDepth} are allowed");
    }

    internal static ClipFilterException Bad(string key, string fault) => new($"The filter's condition on '{Shorten(key)}' {fault}.");

    internal static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => $"a list of {value.GetArrayLength()}",
        JsonValueKind.String => $"the string '{Shorten(value.GetString()!)}'",
        _ => Shorten(value.GetRawText()),
    };

    internal static string Shorten(string text)
    {
        const int most = 60;
        return text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)] + "…";
    }
}

/// <summary>A filter that cannot be understood; the message says what is wrong and where (HTTP 400).</summary>
public sealed class ClipFilterException(string message, Exception? innerException = null) : Exception(message, innerException);
