using System.Text.Json.Nodes;

namespace CavMae.Retrieval.Index;

/// <summary>A stored clip without its vectors.</summary>
public sealed record ClipRecord
{
    public required string Id { get; init; }
    public required string Title { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The client's own JSON object, kept as it came.</summary>
    public JsonObject Metadata { get; init; } = [];

    public required TimeSpan Duration { get; init; }
    public required bool HasAudio { get; init; }
    public required bool HasVideo { get; init; }
    public int? Width { get; init; }
    public int? Height { get; init; }
    public double? FrameRate { get; init; }

    /// <summary>SHA-256 of the media file, lower-case hex; names the file in the media folder.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Content type the media is served with, such as <c>video/mp4</c>.</summary>
    public required string MediaType { get; init; }

    public required long SizeBytes { get; init; }
    public required string ModelId { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required IReadOnlyList<SceneRecord> Scenes { get; init; }
}

/// <summary>A stored scene without its vectors.</summary>
public sealed record SceneRecord(int Index, TimeSpan Start, TimeSpan End, bool HasAudio, bool HasVideo);
