using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CavMae.Retrieval.Index;

/// <summary>A clip's metadata as the stores keep them: JSON in few bytes, since only this program reads it back.</summary>
internal static class MetadataText
{
    /// <summary>Deeper than the API lets metadata in: what could be stored can be read.</summary>
    private const int MaxDepth = 1000;

    public const string Empty = "{}";

    private static readonly JsonSerializerOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = MaxDepth };

    public static JsonDocumentOptions Reading { get; } = new() { MaxDepth = MaxDepth };

    /// <exception cref="ArgumentException">A number that JSON cannot write.</exception>
    public static string Write(JsonObject metadata) => metadata.ToJsonString(Writing);

    /// <param name="text">Null: none.</param>
    public static JsonObject Parse(string? text) => text is null or Empty ? [] : (JsonObject)JsonNode.Parse(text, documentOptions: Reading)!;
}
