using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Search;

namespace CavMae.Retrieval.Cli.Searching;

/// <summary>A search's answer in the form in which the service gives it. Times are in seconds.</summary>
internal sealed record SearchAnswer(string ModelId, string Direction, AnswerQuery Query, IReadOnlyList<AnswerHit> Hits, AnswerTimings Timings)
{
    /// <summary>Titles stay readable: nothing here ends up in a web page.</summary>
    private static readonly AnswerJson Json = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static SearchAnswer From(SearchResult result, string modelId) => new(
        modelId,
        DirectionNames.Of(result.Direction),
        new AnswerQuery(result.QueryDuration.TotalSeconds, result.QueryScenes.Count),
        [.. result.Hits.Select(hit => AnswerHit.From(hit, result))],
        new AnswerTimings(Milliseconds(result.Timings.Decode), Milliseconds(result.Timings.Embed), Milliseconds(result.Timings.Search)));

    public string ToJson() => JsonSerializer.Serialize(this, Json.SearchAnswer);

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}

internal sealed record AnswerQuery(double DurationSeconds, int Scenes);

internal sealed record AnswerHit(
    float Score, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] AnswerParts? Parts, AnswerClip Clip, AnswerScene Scene, AnswerScene QueryScene)
{
    public static AnswerHit From(IndexHit hit, SearchResult result)
    {
        QueryScene asking = result.QueryScenes[hit.QueryScene];
        ScoreParts parts = hit.Parts;
        return new AnswerHit(
            hit.Score,
            result.Direction is SearchDirection.Similar ? new AnswerParts(parts.AudioToVisual, parts.VisualToAudio, parts.AudioToAudio, parts.VisualToVisual) : null,
            new AnswerClip(hit.Clip.Id, hit.Clip.Title, hit.Clip.Tags, hit.Clip.Duration.TotalSeconds),
            new AnswerScene(hit.Scene.Index, hit.Scene.Start.TotalSeconds, hit.Scene.End.TotalSeconds),
            new AnswerScene(asking.Index, asking.Start.TotalSeconds, asking.End.TotalSeconds));
    }
}

internal sealed record AnswerParts(float? AudioToVideo, float? VideoToAudio, float? AudioToAudio, float? VideoToVideo);

internal sealed record AnswerClip(string Id, string Title, IReadOnlyList<string> Tags, double DurationSeconds);

internal sealed record AnswerScene(int Index, double StartSeconds, double EndSeconds);

internal sealed record AnswerTimings(double DecodeMs, double EmbedMs, double SearchMs);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(SearchAnswer))]
internal sealed partial class AnswerJson : JsonSerializerContext;
