using System.Text.Json;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Tests.Index.Qdrant;

/// <summary>Says of each request whether an OpenAPI document allows it: method, path, query and body.</summary>
internal sealed class OpenApiContract
{
    private readonly JsonElement document;
    private readonly SchemaValidator validator;

    public OpenApiContract(string json)
    {
        document = JsonElement.Parse(json);
        validator = new SchemaValidator(document);
    }

    /// <summary>Qdrant's published document; kept beside the checkout and not in it, so it may be absent: null.</summary>
    public static OpenApiContract? Published { get; } = Find();

    /// <summary>What this project uses of it, in its own words: always there.</summary>
    public static OpenApiContract Own { get; } = new(OwnContract.Json);

    /// <summary>Skips the calling test, visibly, where the published document is absent.</summary>
    public static OpenApiContract RequirePublished()
    {
        Assert.SkipWhen(Published is null, "Qdrant's OpenAPI document is not beside this checkout (../shared/qdrant/openapi.json)");
        return Published!;
    }

    /// <summary>What is wrong with a request; nothing where it is allowed.</summary>
    /// <param name="path">As sent, without the query.</param>
    /// <param name="query">Names and values, unescaped.</param>
    public IReadOnlyList<string> Check(string method, string path, IReadOnlyList<(string Name, string Value)> query, JsonElement? body)
    {
        if (FindOperation(method, path) is not { } operation)
            return [$"no operation {method} {path}"];
        List<string> errors = [];
        var parameters = operation.TryGetProperty("parameters", out var list) ? list.EnumerateArray().ToList() : [];
        foreach (var (name, value) in query)
        {
            var parameter = parameters.Find(one => one.GetProperty("in").GetString() == "query" && one.GetProperty("name").GetString() == name);
            if (parameter.ValueKind == JsonValueKind.Undefined)
                errors.Add($"query: no parameter '{name}'");
            else if (validator.Check(AsText(value), parameter.GetProperty("schema")) is { Count: > 0 } && validator.Check(AsJson(value), parameter.GetProperty("schema")) is { Count: > 0 } wrong)
                errors.AddRange(wrong.Select(error => $"query {name}: {error}"));
        }
        var required = parameters.Where(one => one.GetProperty("in").GetString() == "query" && one.TryGetProperty("required", out var must) && must.GetBoolean());
        errors.AddRange(required.Select(one => one.GetProperty("name").GetString()!).Where(name => !query.Any(one => one.Name == name)).Select(name => $"query: '{name}' is missing"));
        if (operation.TryGetProperty("requestBody", out var content))
        {
            if (body is { } sent)
                errors.AddRange(validator.Check(sent, content.GetProperty("content").GetProperty("application/json").GetProperty("schema")).Select(error => $"body {error}"));
            else
                errors.Add("body: missing");
        }
        else if (body is not null)
        {
            errors.Add("body: none is taken");
        }
        return errors;
    }

    /// <summary>What is wrong with an answer (status 200); nothing where it is one the document promises.</summary>
    public IReadOnlyList<string> CheckAnswer(string method, string path, JsonElement answer) =>
        validator.Check(answer, FindOperation(method, path)!.Value.GetProperty("responses").GetProperty("200").GetProperty("content").GetProperty("application/json").GetProperty("schema"));

    private JsonElement? FindOperation(string method, string path)
    {
        var segments = path.Trim('/').Split('/');
        foreach (var candidate in document.GetProperty("paths").EnumerateObject().OrderBy(one => one.Name.Count(c => c == '{')))
        {
            var template = candidate.Name.Trim('/').Split('/');
            if (template.Length == segments.Length && template.Zip(segments).All(pair => pair.First == pair.Second || (pair.First.StartsWith('{') && pair.Second.Length > 0))
                && candidate.Value.TryGetProperty(method.ToLowerInvariant(), out var operation))
                return operation;
        }
        return null;
    }

    private static JsonElement AsText(string value) => JsonSerializer.SerializeToElement(value);

    private static JsonElement AsJson(string value)
    {
        try
        {
            return JsonElement.Parse(value);
        }
        catch (JsonException)
        {
            return AsText(value);
        }
    }

    private static OpenApiContract? Find()
    {
        var path = Path.Combine(Fixtures.RepositoryRoot, "..", "shared", "qdrant", "openapi.json");
        return File.Exists(path) ? new OpenApiContract(File.ReadAllText(path)) : null;
    }
}
