using System.Text.Json;
using System.Text.Json.Nodes;

namespace CavMae.Retrieval.Index;

/// <summary>
/// What a clip's own words may be, whichever way they come in: with an upload, with a change, or with an export. Every method gives back what it was
/// given, or throws <see cref="InvalidDataException"/> with a sentence that names the field.
/// </summary>
public static class ClipRules
{
    public const int MaxTags = 100;
    public const int MaxTagLength = 100;
    public const int MaxTitleLength = 1000;
    public const int MaxIdLength = 128;

    /// <summary>Answers nest a clip's metadata a few levels deeper, and JSON readers usually give up at 64.</summary>
    public const int MaxMetadataDepth = 32;

    /// <summary>As long as a path may be on Linux: an evaluation's pair is named by part of one.</summary>
    private const int MaxPairNameLength = 4096;

    /// <summary>What the ids of a data set's files begin with when <c>cavmae evaluate</c> keeps its store; the pair's name follows.</summary>
    private static readonly string[] EvaluationPrefixes = ["sound of ", "pictures of "];

    /// <exception cref="InvalidDataException">An id that a client may not give: it stands in addresses as it is.</exception>
    public static string CheckId(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        bool isValid = id.Length is > 0 and <= MaxIdLength && id is not "." and not ".." && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '~');
        return isValid ? id : throw new InvalidDataException($"'id' has 1 to {MaxIdLength} characters out of A–Z, a–z, 0–9, '-', '_', '.' and '~'.");
    }

    /// <summary>As <see cref="CheckId"/>, and the ids that the product makes itself and no client may give.</summary>
    /// <exception cref="InvalidDataException">An id that no store has.</exception>
    internal static string CheckStoredId(string id)
    {
        string? prefix = EvaluationPrefixes.FirstOrDefault(known => id.StartsWith(known, StringComparison.Ordinal));
        bool isOfEvaluation = prefix is not null && id.Length - prefix.Length is > 0 and <= MaxPairNameLength && !id.Contains('\0', StringComparison.Ordinal);
        return isOfEvaluation ? id : CheckId(id);
    }

    /// <exception cref="InvalidDataException">A title that is too long, or has a NUL.</exception>
    public static string CheckTitle(string title)
    {
        ArgumentNullException.ThrowIfNull(title);
        return title.Length <= MaxTitleLength && !title.Contains('\0', StringComparison.Ordinal)
            ? title : throw new InvalidDataException($"'title' has at most {MaxTitleLength} characters, none of them NUL.");
    }

    /// <exception cref="InvalidDataException">Too many tags, or one that is empty, too long, or has a NUL.</exception>
    public static IReadOnlyList<string> CheckTags(IReadOnlyList<string> tags)
    {
        ArgumentNullException.ThrowIfNull(tags);
        if (tags.Count > MaxTags)
            throw new InvalidDataException($"{tags.Count} tags were given; at most {MaxTags} are allowed.");
        return tags.All(tag => tag.Length is > 0 and <= MaxTagLength && !tag.Contains('\0', StringComparison.Ordinal))
            ? tags : throw new InvalidDataException($"A 'tag' has 1 to {MaxTagLength} characters, none of them NUL.");
    }

    /// <exception cref="InvalidDataException">No JSON object, one nested deeper than <see cref="MaxMetadataDepth"/>, one with a name twice, or one with text that is no Unicode.</exception>
    public static JsonObject ParseMetadata(string text)
    {
        try
        {
            JsonNode? node = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = MaxMetadataDepth });
            if (node is not JsonObject metadata)
                throw new InvalidDataException("'metadata' is not a JSON object.");
            // Parsing leaves strings as they are; writing finds those that are no text, such as half a surrogate pair.
            metadata.ToJsonString();
            return metadata;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw new InvalidDataException("'metadata' has a string that is not Unicode text.", e);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'metadata' is not JSON: {e.Message}", e);
        }
    }
}
