using System.Text.Json.Serialization;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Search;

namespace CavMae.Retrieval.Api.Contracts;

/// <summary>Answers to a search, best first.</summary>
public sealed record SearchResponse(string ModelId, string Direction, QueryResponse Query, IReadOnlyList<HitResponse> Hits, TimingsResponse Timings)
{
    public static SearchResponse From(SearchResult result, string modelId) => new(
        modelId,
        DirectionName.Of(result.Direction),
        new QueryResponse(result.QueryDuration.TotalSeconds, result.QueryScenes.Count),
        [.. result.Hits.Select(hit => HitResponse.From(hit, result))],
        new TimingsResponse(Milliseconds(result.Timings.Decode), Milliseconds(result.Timings.Embed), Milliseconds(result.Timings.Search)));

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}

/// <param name="DurationSeconds">Length of the query.</param>
/// <param name="Scenes">How many of its scenes asked.</param>
public sealed record QueryResponse(double DurationSeconds, int Scenes);

/// <param name="Score">Cosine of the best pair of query scene and stored scene, −1 to 1; for similar, the mean of the parts.</param>
/// <param name="Parts">Only for similar: the cosines behind the score.</param>
public sealed record HitResponse(float Score, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] PartsResponse? Parts, HitClipResponse Clip, SceneSpanResponse Scene, SceneSpanResponse QueryScene)
{
    public static HitResponse From(IndexHit hit, SearchResult result)
    {
        QueryScene query = result.QueryScenes[hit.QueryScene];
        return new HitResponse(
            hit.Score,
            result.Direction is SearchDirection.Similar ? PartsResponse.From(hit.Parts) : null,
            new HitClipResponse(hit.Clip.Id, hit.Clip.Title, hit.Clip.Tags, hit.Clip.Duration.TotalSeconds),
            new SceneSpanResponse(hit.Scene.Index, hit.Scene.Start.TotalSeconds, hit.Scene.End.TotalSeconds),
            new SceneSpanResponse(query.Index, query.Start.TotalSeconds, query.End.TotalSeconds));
    }
}

/// <summary>Cosines of query → stored; left out where one side lacks the modality.</summary>
public sealed record PartsResponse(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] float? AudioToVideo,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] float? VideoToAudio,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] float? AudioToAudio,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] float? VideoToVideo)
{
    public static PartsResponse From(ScoreParts parts) => new(parts.AudioToVisual, parts.VisualToAudio, parts.AudioToAudio, parts.VisualToVisual);
}

public sealed record HitClipResponse(string Id, string Title, IReadOnlyList<string> Tags, double DurationSeconds);

public sealed record SceneSpanResponse(int Index, double StartSeconds, double EndSeconds);

/// <summary>Where the time went. Decoding and encoding overlap: each counts only the time the other was ahead.</summary>
public sealed record TimingsResponse(double DecodeMs, double EmbedMs, double SearchMs);

/// <summary>Directions as they are written in addresses and answers.</summary>
internal static class DirectionName
{
    public const string AudioToVideo = "audio-to-video";
    public const string VideoToAudio = "video-to-audio";
    public const string Similar = "similar";

    public static string Of(SearchDirection direction) => direction switch
    {
        SearchDirection.AudioToVideo => AudioToVideo,
        SearchDirection.VideoToAudio => VideoToAudio,
        _ => Similar,
    };

    public static SearchDirection? Parse(string? name) => name switch
    {
        AudioToVideo => SearchDirection.AudioToVideo,
        VideoToAudio => SearchDirection.VideoToAudio,
        Similar => SearchDirection.Similar,
        _ => null,
    };
}
