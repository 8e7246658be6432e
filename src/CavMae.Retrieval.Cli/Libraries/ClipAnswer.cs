using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Cli.Libraries;

/// <summary>A stored clip in the form in which the service gives it. Times are in seconds.</summary>
internal sealed record ClipAnswer(
    string Id, string Title, IReadOnlyList<string> Tags, JsonObject? Metadata, double DurationSeconds, bool HasAudio, bool HasVideo, int? Width, int? Height,
    double? FrameRate, string Sha256, long SizeBytes, string ModelId, DateTimeOffset CreatedAt, IReadOnlyList<ClipAnswerScene> Scenes)
{
    private static readonly ClipJson Json = new(new JsonSerializerOptions(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static ClipAnswer From(ClipRecord clip) => new(
        clip.Id, clip.Title, clip.Tags, clip.Metadata, clip.Duration.TotalSeconds, clip.HasAudio, clip.HasVideo, clip.Width, clip.Height, clip.FrameRate,
        clip.Sha256, clip.SizeBytes, clip.ModelId, clip.CreatedAt,
        [.. clip.Scenes.Select(scene => new ClipAnswerScene(scene.Index, scene.Start.TotalSeconds, scene.End.TotalSeconds, scene.HasAudio, scene.HasVideo))]);

    /// <summary>One line of JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json.ClipAnswer);
}

internal sealed record ClipAnswerScene(int Index, double StartSeconds, double EndSeconds, bool HasAudio, bool HasVideo);

internal sealed record ClipAnswerPage(IReadOnlyList<ClipAnswer> Items, string? NextCursor);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ClipAnswer))]
[JsonSerializable(typeof(ClipAnswerPage))]
internal sealed partial class ClipJson : JsonSerializerContext;
