using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>
/// The part of a clip that Qdrant filters by: its tags and its metadata. A copy stands in every scene, so it has to be small, and it has to be
/// JSON that Qdrant's parser takes; what is not is left out and the payload marked <see cref="PartialField"/>.
/// </summary>
internal sealed record FilterCopy(IReadOnlyList<string>? Tags, JsonObject? Metadata, bool IsPartial)
{
    public const string TagsField = "tags";
    public const string MetadataField = "metadata";
    public const string PartialField = "partial";

    /// <summary>Bytes of JSON the tags, and again the metadata, may take in a scene: as much as its vectors, more or less.</summary>
    public const int MaxBytes = 16 * 1024;

    /// <summary>Qdrant's parser stops at 128 levels, of which the message around takes a few.</summary>
    private const int MaxDepth = 64;

    public static FilterCopy Of(IReadOnlyList<string> tags, string metadataText)
    {
        var keepsTags = tags.Sum(tag => Encoding.UTF8.GetByteCount(tag) + 3) <= MaxBytes;
        var metadata = CopyOf(metadataText);
        return new FilterCopy(keepsTags && tags.Count > 0 ? tags : null, metadata is { Count: > 0 } ? metadata : null, !keepsTags || metadata is null);
    }

    private static JsonObject? CopyOf(string metadataText)
    {
        if (metadataText.Length > MaxBytes || Encoding.UTF8.GetByteCount(metadataText) > MaxBytes)
            return null;
        try
        {
            var metadata = MetadataText.Parse(metadataText);
            return IsPlain(metadata, 0) ? metadata : null;
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            // An escaped half of a surrogate pair, or a key that is there twice: JSON by its grammar, to be understood by nobody.
            return null;
        }
    }

    /// <summary>Whether every number fits a float64, every text is whole, and nothing lies too deep.</summary>
    private static bool IsPlain(JsonNode? node, int depth) => depth <= MaxDepth && node switch
    {
        null => true,
        JsonObject parent => parent.All(child => IsText(child.Key) && IsPlain(child.Value, depth + 1)),
        JsonArray list => list.All(element => IsPlain(element, depth + 1)),
        JsonValue value => value.GetValueKind() switch
        {
            JsonValueKind.Number => MetadataScalar.Of(value).Kind is JsonValueKind.Number,
            JsonValueKind.String => IsText(value.GetValue<string>()),
            _ => true,
        },
        _ => false,
    };

    private static bool IsText(string text)
    {
        for (var rest = text.AsSpan(); rest.Length > 0;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var taken) != OperationStatus.Done)
                return false;
            rest = rest[taken..];
        }
        return true;
    }
}
