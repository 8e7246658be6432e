using System.Text.Json;
using System.Text.Json.Nodes;
using CavMae.Retrieval.Api.Errors;
using CavMae.Retrieval.Index;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace CavMae.Retrieval.Api.Uploads;

/// <summary>
/// Reads the JSON object that says what is to change of a clip: a field that is absent stays, null clears, and what is given takes the place of what was,
/// metadata as a whole.
/// </summary>
internal sealed class ClipChangesReader(IOptions<ApiOptions> options)
{
    private const string ContentType = "application/json";
    private const int BufferBytes = 16 * 1024;

    /// <summary>Not the limit of metadata, which is asked later so that its own message is given.</summary>
    private const int MaxBodyDepth = 1000;

    /// <exception cref="ApiException">400, 413 or 415, saying what is wrong.</exception>
    public async Task<ClipChanges> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        CheckContentType(request);
        using MemoryStream body = await ReceiveAsync(request, cancellationToken);
        try
        {
            JsonElement changes = JsonElement.Parse(body.GetBuffer().AsSpan(0, (int)body.Length), new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = MaxBodyDepth });
            return changes.ValueKind is JsonValueKind.Object ? Read(changes) : throw ApiException.BadRequest("The body is not a JSON object.");
        }
        catch (JsonException e)
        {
            throw ApiException.BadRequest($"The body is not JSON: {e.Message}");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw ApiException.BadRequest("The body has a string that is not Unicode text.");
        }
    }

    private static ClipChanges Read(JsonElement body)
    {
        ClipChanges changes = new();
        foreach (JsonProperty field in body.EnumerateObject())
            changes = field.Name switch
            {
                "title" => changes with { Title = ReadTitle(field.Value) },
                "tags" => changes with { Tags = ReadTags(field.Value) },
                "metadata" => changes with { Metadata = ReadMetadata(field.Value) },
                _ => throw ApiException.BadRequest($"The body has a field named '{UploadReader.Shorten(field.Name)}'; known are title, tags, metadata."),
            };
        return changes;
    }

    private static string ReadTitle(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "",
        JsonValueKind.String => ClipFields.CheckTitle(value.GetString()!),
        _ => throw ApiException.BadRequest("'title' is neither a string nor null."),
    };

    private static IReadOnlyList<string> ReadTags(JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.Null)
            return [];
        if (value.ValueKind is not JsonValueKind.Array || value.EnumerateArray().Any(tag => tag.ValueKind is not JsonValueKind.String))
            throw ApiException.BadRequest("'tags' is neither a list of strings nor null.");
        return [.. ClipFields.CheckTags([.. value.EnumerateArray().Select(tag => tag.GetString()!)]).Distinct(StringComparer.Ordinal)];
    }

    private static JsonObject ReadMetadata(JsonElement value) => value.ValueKind is JsonValueKind.Null ? [] : ClipFields.ParseMetadata(value.GetRawText());

    private static void CheckContentType(HttpRequest request)
    {
        bool isJson = MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type) && type.MediaType.Equals(ContentType, StringComparison.OrdinalIgnoreCase);
        if (!isJson || (type!.Charset.HasValue && !HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase)))
            throw new ApiException(StatusCodes.Status415UnsupportedMediaType, $"The body must be {ContentType} in UTF-8.");
    }

    private async Task<MemoryStream> ReceiveAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        int limit = options.Value.MaxFormBytes;
        if (request.ContentLength > limit)
            throw TooLarge(limit);
        MemoryStream body = new();
        byte[] buffer = new byte[BufferBytes];
        for (int read; (read = await request.Body.ReadAsync(buffer, cancellationToken)) > 0; body.Write(buffer, 0, read))
            if (body.Length + read > limit)
                throw TooLarge(limit);
        return body;
    }

    private static ApiException TooLarge(int limit) => new(StatusCodes.Status413PayloadTooLarge, $"The body is larger than {limit} bytes (Api:MaxFormBytes).");
}
