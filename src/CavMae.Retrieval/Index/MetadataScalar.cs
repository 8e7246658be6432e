using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CavMae.Retrieval.Index;

/// <summary>A value that conditions can look at, whichever way the JSON around it is held. Equal where kind and value are.</summary>
/// <param name="Kind">String, Number, True or False; Undefined for null, lists, objects, and numbers beyond float64.</param>
/// <param name="Text">The text of a string, else null.</param>
/// <param name="Number">The value of a number, else 0.</param>
internal readonly record struct MetadataScalar(JsonValueKind Kind, string? Text = null, double Number = 0)
{
    public static MetadataScalar Of(JsonNode? node) => node is not JsonValue value ? default : value.GetValueKind() switch
    {
        JsonValueKind.String => new(JsonValueKind.String, value.TryGetValue(out string? text) ? text : JsonSerializer.SerializeToElement(value).GetString()),
        JsonValueKind.Number => OfNumber(value.ToJsonString()),
        JsonValueKind.True => new(JsonValueKind.True),
        JsonValueKind.False => new(JsonValueKind.False),
        _ => default,
    };

    public static MetadataScalar Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => new(JsonValueKind.String, element.GetString()),
        // Numbers beyond float64 come as infinite ones, or not at all.
        JsonValueKind.Number => element.TryGetDouble(out double number) && double.IsFinite(number) ? new(JsonValueKind.Number, Number: number) : default,
        JsonValueKind.True => new(JsonValueKind.True),
        JsonValueKind.False => new(JsonValueKind.False),
        _ => default,
    };

    private static MetadataScalar OfNumber(string json) =>
        double.TryParse(json, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) ? new(JsonValueKind.Number, Number: number) : default;
}
