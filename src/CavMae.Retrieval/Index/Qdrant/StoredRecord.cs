using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>A clip's record as a commit point keeps it: all but the metadata, which can be large and is kept beside it.</summary>
internal sealed record StoredRecord
{
    public required string Id { get; init; }
    public required string Title { get; init; }
    public required string[] Tags { get; init; }
    public required long DurationTicks { get; init; }
    public required bool HasAudio { get; init; }
    public required bool HasVideo { get; init; }
    public int? Width { get; init; }
    public int? Height { get; init; }
    public double? FrameRate { get; init; }
    public required string Sha256 { get; init; }
    public required string MediaType { get; init; }
    public required long SizeBytes { get; init; }
    public required string ModelId { get; init; }

    /// <summary>Round-trip format, with its offset.</summary>
    public required string CreatedAt { get; init; }

    /// <summary>Five numbers a scene: index, start and end in ticks of 100 ns, 1 with sound, 1 with pictures.</summary>
    public required long[] Scenes { get; init; }

    public static StoredRecord Of(ClipRecord clip) => new()
    {
        Id = clip.Id,
        Title = clip.Title,
        Tags = [.. clip.Tags],
        DurationTicks = clip.Duration.Ticks,
        HasAudio = clip.HasAudio,
        HasVideo = clip.HasVideo,
        Width = clip.Width,
        Height = clip.Height,
        FrameRate = clip.FrameRate,
        Sha256 = clip.Sha256,
        MediaType = clip.MediaType,
        SizeBytes = clip.SizeBytes,
        ModelId = clip.ModelId,
        CreatedAt = clip.CreatedAt.ToString("O", CultureInfo.InvariantCulture),
        Scenes = [.. clip.Scenes.SelectMany(scene => (long[])[scene.Index, scene.Start.Ticks, scene.End.Ticks, scene.HasAudio ? 1 : 0, scene.HasVideo ? 1 : 0])],
    };

    public ClipRecord ToClip(JsonObject metadata) => new()
    {
        Id = Id,
        Title = Title,
        Tags = Tags,
        Metadata = metadata,
        Duration = new TimeSpan(DurationTicks),
        HasAudio = HasAudio,
        HasVideo = HasVideo,
        Width = Width,
        Height = Height,
        FrameRate = FrameRate,
        Sha256 = Sha256,
        MediaType = MediaType,
        SizeBytes = SizeBytes,
        ModelId = ModelId,
        CreatedAt = DateTimeOffset.ParseExact(CreatedAt, "O", CultureInfo.InvariantCulture),
        Scenes = [.. Scenes.Chunk(5).Select(scene => new SceneRecord((int)scene[0], new TimeSpan(scene[1]), new TimeSpan(scene[2]), scene[3] == 1, scene[4] == 1))],
    };

    public string ToText() => JsonSerializer.Serialize(this, QdrantJson.Default.StoredRecord);

    /// <exception cref="StoreUnavailableException">The text is none of this program's.</exception>
    public static StoredRecord Parse(string? text)
    {
        try
        {
            return JsonSerializer.Deserialize(text ?? "", QdrantJson.Default.StoredRecord)!;
        }
        catch (JsonException exception)
        {
            throw new StoreUnavailableException("A clip in Qdrant cannot be read: its record is damaged or from another version. Restore the collections from a snapshot.", exception);
        }
    }
}
