using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace CavMae.Retrieval.Index.Transfer;

/// <summary>A clip as a line of <c>records.jsonl</c>. Times are in ticks of 100 ns, so that they come back exactly.</summary>
/// <param name="HasMedia">Whether the export holds its media file.</param>
internal sealed record TransferLine(
    string Id, string Title, IReadOnlyList<string> Tags, JsonObject Metadata, long DurationTicks, bool HasAudio, bool HasVideo, int? Width, int? Height,
    double? FrameRate, string Sha256, string MediaType, long SizeBytes, DateTimeOffset CreatedAt, bool HasMedia, IReadOnlyList<TransferScene> Scenes)
{
    private const int HashCharacters = 64;

    public static TransferLine From(ClipRecord clip, IReadOnlyList<TransferScene> scenes, bool hasMedia) => new(
        clip.Id, clip.Title, clip.Tags, clip.Metadata, clip.Duration.Ticks, clip.HasAudio, clip.HasVideo, clip.Width, clip.Height, clip.FrameRate,
        clip.Sha256, clip.MediaType, clip.SizeBytes, clip.CreatedAt, hasMedia, scenes);

    public ClipRecord ToRecord(string modelId) => new()
    {
        Id = Id,
        Title = Title,
        Tags = Tags,
        Metadata = Metadata,
        Duration = TimeSpan.FromTicks(DurationTicks),
        HasAudio = HasAudio,
        HasVideo = HasVideo,
        Width = Width,
        Height = Height,
        FrameRate = FrameRate,
        Sha256 = Sha256,
        MediaType = MediaType,
        SizeBytes = SizeBytes,
        ModelId = modelId,
        CreatedAt = CreatedAt,
        Scenes = [.. Scenes.Select(scene => new SceneRecord(scene.Index, TimeSpan.FromTicks(scene.StartTicks), TimeSpan.FromTicks(scene.EndTicks), scene.AudioRow is not null, scene.VisualRow is not null))],
    };

    /// <summary>What the store itself does not ask of a record. The hash names a file and the type goes into a header: neither may be anything else.</summary>
    /// <exception cref="InvalidDataException">A value that no export has.</exception>
    public void Check(long vectors)
    {
        if (Tags.Contains(null!) || Scenes.Contains(null!))
            throw new InvalidDataException("a list has a null in it");
        if (Sha256.Length != HashCharacters || !Sha256.All(char.IsAsciiHexDigitLower))
            throw new InvalidDataException("sha256 is no SHA-256 in lower-case hex");
        if (MediaType.Split('/') is not [{ Length: > 0 } kind, { Length: > 0 } subtype] || !(kind + subtype).All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '+' or '.'))
            throw new InvalidDataException("mediaType is no content type");
        if (SizeBytes < 0 || DurationTicks < 0)
            throw new InvalidDataException("sizeBytes or durationTicks is negative");
        if (Scenes.Count == 0)
            throw new InvalidDataException("it has no scenes");
        foreach (TransferScene scene in Scenes)
        {
            if (scene.StartTicks < 0 || scene.EndTicks < scene.StartTicks)
                throw new InvalidDataException($"scene {scene.Index} ends before it begins");
            foreach (long? row in (long?[])[scene.AudioRow, scene.VisualRow])
                if (row < 0 || row >= vectors)
                    throw new InvalidDataException($"scene {scene.Index} names vector {row} of {vectors}");
        }
    }
}

/// <param name="AudioRow">Row of its sound in the tensor; null without sound.</param>
/// <param name="VisualRow">Row of its pictures; null without pictures.</param>
internal sealed record TransferScene(int Index, long StartTicks, long EndTicks, long? AudioRow, long? VisualRow);

[JsonSerializable(typeof(TransferManifest))]
[JsonSerializable(typeof(TransferLine))]
internal sealed partial class TransferJson : JsonSerializerContext
{
    /// <summary>Deeper than metadata may be.</summary>
    private const int MaxJsonDepth = 1024;

    /// <summary>For people who look into the file.</summary>
    public static TransferJson Indented { get; } = new(MakeOptions(isIndented: true));

    /// <summary>One line each, with text as it is.</summary>
    public static TransferJson Lines { get; } = new(MakeOptions(isIndented: false));

    /// <summary>What is missing, or null where it may not be, is refused.</summary>
    private static JsonSerializerOptions MakeOptions(bool isIndented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = MaxJsonDepth,
        WriteIndented = isIndented,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
