using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Search;

namespace CavMae.Retrieval.Cli.Libraries;

/// <summary>Which clips a command line means: read for a store, and as the text a service is sent, which reads it the same way.</summary>
internal sealed class LibraryFilter
{
    private static readonly JsonDocumentOptions Reading = new() { AllowDuplicateProperties = false };
    private static readonly JsonSerializerOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="tags">Tags a clip must all have.</param>
    /// <param name="texts">Filters on metadata, as <see cref="ClipFilterParser"/> reads them; all must hold.</param>
    /// <exception cref="ClipFilterException">A filter cannot be understood, or all together are more than one request may ask for.</exception>
    public LibraryFilter(IReadOnlyList<string> tags, IReadOnlyList<string> texts)
    {
        Text = texts.Count == 0 ? null : Combine(texts);
        Clips = new ClipFilter { Tags = tags, Conditions = Text is null ? [] : ClipFilterParser.Parse(Text) };
    }

    public static LibraryFilter None { get; } = new([], []);

    public ClipFilter Clips { get; }

    /// <summary>All conditions on metadata as one JSON object; null where there are none.</summary>
    public string? Text { get; }

    /// <summary>A service takes one filter, so that several become one here too: what is refused there is refused everywhere.</summary>
    private static string Combine(IReadOnlyList<string> texts)
    {
        if (texts.Count == 1)
            return texts[0];
        JsonObject all = [];
        foreach (string text in texts)
        {
            // For its message: what is wrong with a text is told of that text.
            ClipFilterParser.Parse(text);
            foreach (JsonProperty condition in JsonElement.Parse(text, Reading).EnumerateObject())
                if (!all.TryAdd(condition.Name, JsonNode.Parse(condition.Value.GetRawText())))
                    throw new ClipFilterException($"Two filters have a condition on '{condition.Name}'. Write one for both, such as {{\"year\": {{\"gte\": 2000, \"lt\": 2010}}}}.");
        }
        return all.ToJsonString(Writing);
    }
}
