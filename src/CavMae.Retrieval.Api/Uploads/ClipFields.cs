using System.Text.Json;
using System.Text.Json.Nodes;
using CavMae.Retrieval.Api.Errors;

namespace CavMae.Retrieval.Api.Uploads;

/// <summary>What a clip's own words may be, whichever way they come in. Every method throws <see cref="ApiException"/> (400) that names the field.</summary>
internal static class ClipFields
{
    public const int MaxTags = 100;
    public const int MaxTagLength = 100;
    public const int MaxTitleLength = 1000;
    public const int MaxIdLength = 128;

    /// <summary>Answers nest a clip's metadata a few levels deeper, and JSON readers usually give up at 64.</summary>
    private const int MaxMetadataDepth = 32;

    public static string CheckId(string id)
    {
        bool isValid = id.Length is > 0 and <= MaxIdLength && id is not "." and not ".." && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '~');
        return isValid ? id : throw ApiException.BadRequest($"'id' has 1 to {MaxIdLength} characters out of A–Z, a–z, 0–9, '-', '_', '.' and '~'.");
    }

    public static string CheckTitle(string title) => title.Length <= MaxTitleLength && !title.Contains('\0')
        ? title : throw ApiException.BadRequest($"'title' has at most {MaxTitleLength} characters, none of them NUL.");

    public static IReadOnlyList<string> CheckTags(IReadOnlyList<string> tags)
    {
        if (tags.Count > MaxTags)
            throw ApiException.BadRequest($"{tags.Count} tags were given; at most {MaxTags} are allowed.");
        return tags.All(tag => tag.Length is > 0 and <= MaxTagLength && !tag.Contains('\0'))
            ? tags : throw ApiException.BadRequest($"A 'tag' has 1 to {MaxTagLength} characters, none of them NUL.");
    }

    public static JsonObject ParseMetadata(string text)
    {
        try
        {
            JsonNode? node = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = MaxMetadataDepth });
            if (node is not JsonObject metadata)
                throw ApiException.BadRequest("'metadata' is not a JSON object.");
            // Parsing leaves strings as they are; writing finds those that are no text, such as half a surrogate pair.
            metadata.ToJsonString();
            return metadata;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw ApiException.BadRequest("'metadata' has a string that is not Unicode text.");
        }
        catch (JsonException e)
        {
            throw ApiException.BadRequest($"'metadata' is not JSON: {e.Message}");
        }
    }
}
