using System.Globalization;
using System.Text.Json;

namespace CavMae.Retrieval.Tests.Index.Qdrant;

/// <summary>
/// The part of JSON schema (as OpenAPI 3.0 has it) that Qdrant's document uses: $ref, allOf, anyOf, oneOf, type, nullable, enum, required, properties,
/// additionalProperties, items, bounds, uniqueItems and the formats uuid and date-time. Stricter in one thing: a property that a schema
/// with properties does not name is refused, so that a misspelt optional one is noticed.
/// </summary>
internal sealed class SchemaValidator(JsonElement document)
{
    /// <summary>What is wrong with a value, by place; nothing where it fits.</summary>
    public IReadOnlyList<string> Check(JsonElement value, JsonElement schema)
    {
        List<string> errors = [];
        Check(value, schema, "$", errors);
        return errors;
    }

    private void Check(JsonElement value, JsonElement schema, string at, List<string> errors)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            Check(value, Resolve(reference.GetString()!), at, errors);
            return;
        }
        if (value.ValueKind == JsonValueKind.Null && schema.TryGetProperty("nullable", out var nullable) && nullable.GetBoolean())
            return;
        if (schema.TryGetProperty("allOf", out var all))
            foreach (var part in all.EnumerateArray())
                Check(value, part, at, errors);
        if (schema.TryGetProperty("anyOf", out var any) || schema.TryGetProperty("oneOf", out any))
            CheckAlternatives(value, any, at, errors);
        if (schema.TryGetProperty("enum", out var allowed) && !allowed.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value)))
            errors.Add($"{at}: {Shorten(value)} is none of {allowed.GetRawText()}");
        if (!schema.TryGetProperty("type", out var type))
            return;
        switch (type.GetString())
        {
            case "object":
                CheckObject(value, schema, at, errors);
                break;
            case "array":
                CheckArray(value, schema, at, errors);
                break;
            case "string":
                CheckString(value, schema, at, errors);
                break;
            case "boolean":
                if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
                    errors.Add($"{at}: {Shorten(value)} is no boolean");
                break;
            case "integer" or "number":
                CheckNumber(value, schema, type.GetString()!, at, errors);
                break;
            default:
                errors.Add($"{at}: type {type} is none this validator knows");
                break;
        }
    }

    private void CheckAlternatives(JsonElement value, JsonElement alternatives, string at, List<string> errors)
    {
        List<string> closest = [];
        foreach (var alternative in alternatives.EnumerateArray())
        {
            // OpenAPI 3.0 has no null type: {"nullable": true} alone stands for it.
            if (alternative.EnumerateObject().All(property => property.Name == "nullable"))
                continue;
            List<string> own = [];
            Check(value, alternative, at, own);
            if (own.Count == 0)
                return;
            if (closest.Count == 0 || Depth(own) > Depth(closest))
                closest = own;
        }
        if (value.ValueKind != JsonValueKind.Null || !alternatives.EnumerateArray().Any(alternative => alternative.TryGetProperty("nullable", out _)))
            errors.AddRange(closest.Count > 0 ? closest : [$"{at}: {Shorten(value)} fits no alternative"]);

        static int Depth(List<string> errors) => errors.Max(error => error.Split(':')[0].Length);
    }

    private void CheckObject(JsonElement value, JsonElement schema, string at, List<string> errors)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            errors.Add($"{at}: {Shorten(value)} is no object");
            return;
        }
        if (schema.TryGetProperty("required", out var required))
            foreach (var name in required.EnumerateArray())
                if (!value.TryGetProperty(name.GetString()!, out _))
                    errors.Add($"{at}: '{name}' is missing");
        var hasProperties = schema.TryGetProperty("properties", out var properties);
        var hasAdditional = schema.TryGetProperty("additionalProperties", out var additional);
        foreach (var property in value.EnumerateObject())
        {
            var place = $"{at}.{property.Name}";
            if (hasProperties && properties.TryGetProperty(property.Name, out var own))
                Check(property.Value, own, place, errors);
            else if (hasAdditional && additional.ValueKind == JsonValueKind.Object)
                Check(property.Value, additional, place, errors);
            else if (hasAdditional ? additional.ValueKind == JsonValueKind.False : hasProperties)
                errors.Add($"{place}: no such property");
        }
    }

    private void CheckArray(JsonElement value, JsonElement schema, string at, List<string> errors)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            errors.Add($"{at}: {Shorten(value)} is no array");
            return;
        }
        if (schema.TryGetProperty("minItems", out var least) && value.GetArrayLength() < least.GetInt32())
            errors.Add($"{at}: fewer than {least} items");
        if (schema.TryGetProperty("uniqueItems", out var unique) && unique.GetBoolean()
            && value.EnumerateArray().Select(item => item.GetRawText()).Distinct(StringComparer.Ordinal).Count() != value.GetArrayLength())
            errors.Add($"{at}: an item is there twice");
        if (schema.TryGetProperty("items", out var items))
            foreach (var (i, item) in value.EnumerateArray().Index())
                Check(item, items, $"{at}[{i}]", errors);
    }

    private static void CheckString(JsonElement value, JsonElement schema, string at, List<string> errors)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            errors.Add($"{at}: {Shorten(value)} is no string");
            return;
        }
        var text = value.GetString()!;
        if (schema.TryGetProperty("minLength", out var least) && text.Length < least.GetInt32())
            errors.Add($"{at}: shorter than {least}");
        var fits = !schema.TryGetProperty("format", out var format) || format.GetString() switch
        {
            "uuid" => Guid.TryParse(text, out _),
            "date-time" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _),
            _ => true,
        };
        if (!fits)
            errors.Add($"{at}: {Shorten(value)} is no {format}");
    }

    private static void CheckNumber(JsonElement value, JsonElement schema, string type, string at, List<string> errors)
    {
        if (value.ValueKind != JsonValueKind.Number || (type == "integer" && !value.TryGetInt64(out _) && !value.TryGetUInt64(out _)))
        {
            errors.Add($"{at}: {Shorten(value)} is no {type}");
            return;
        }
        if (schema.TryGetProperty("minimum", out var least) && value.GetDouble() < least.GetDouble())
            errors.Add($"{at}: {value} is below {least}");
        if (schema.TryGetProperty("maximum", out var most) && value.GetDouble() > most.GetDouble())
            errors.Add($"{at}: {value} is above {most}");
    }

    private JsonElement Resolve(string reference)
    {
        var found = document;
        foreach (var name in reference.Split('/').Skip(1))
            found = found.GetProperty(name);
        return found;
    }

    private static string Shorten(JsonElement value) => value.GetRawText() is { Length: > 60 } text ? text[..60] + "…" : value.GetRawText();
}
