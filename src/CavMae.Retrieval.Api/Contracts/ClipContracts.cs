using System.Text.Json.Nodes;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Api.Contracts;

/// <summary>A stored clip. Times are in seconds.</summary>
public sealed record ClipResponse(
    string Id,
    string Title,
    IReadOnlyList<string> Tags,
    JsonObject Metadata,
    double DurationSeconds,
    bool HasAudio,
    bool HasVideo,
    int? Width,
    int? Height,
    double? FrameRate,
    string Sha256,
    long SizeBytes,
    string ModelId,
    DateTimeOffset CreatedAt,
    IReadOnlyList<SceneResponse> Scenes)
{
    public static ClipResponse From(ClipRecord clip) => new(
        clip.Id, clip.Title, clip.Tags, clip.Metadata.DeepClone().AsObject(), clip.Duration.TotalSeconds, clip.HasAudio, clip.HasVideo, clip.Width, clip.Height,
        clip.FrameRate, clip.Sha256, clip.SizeBytes, clip.ModelId, clip.CreatedAt,
        [.. clip.Scenes.Select(s => new SceneResponse(s.Index, s.Start.TotalSeconds, s.End.TotalSeconds, s.HasAudio, s.HasVideo))]);
}

/// <summary>A scene of a stored clip, and what it can be found by.</summary>
public sealed record SceneResponse(int Index, double StartSeconds, double EndSeconds, bool HasAudio, bool HasVideo);

/// <summary>One page of clips; ask with <c>cursor=nextCursor</c> for the next, null at the end.</summary>
public sealed record ClipListResponse(IReadOnlyList<ClipResponse> Items, string? NextCursor);
