using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CavMae.Retrieval.Index.Transfer;

/// <summary>A clip as a line of <c>records.jsonl</c>. Times are in ticks of 100 ns, so that they come back exactly.</summary>
/// <param name="Metadata">A JSON object as it stands in the file: read as an upload's is, by <see cref="ToRecord"/>.</param>
/// <param name="HasMedia">Whether the export holds its media file.</param>
internal sealed record TransferLine(
    string Id, string Title, IReadOnlyList<string> Tags, JsonElement Metadata, long DurationTicks, bool HasAudio, bool HasVideo, int? Width, int? Height,
    double? FrameRate, string Sha256, string MediaType, long SizeBytes, DateTimeOffset CreatedAt, bool HasMedia, IReadOnlyList<TransferScene> Scenes)
{
    private const int HashCharacters = 64;

    /// <summary>The most that the limits of <see cref="Media.MediaOptions"/> can be set to.</summary>
    private const long MaxDurationTicks = TimeSpan.TicksPerDay, MaxPixels = 1L << 30;

    public static TransferLine From(ClipRecord clip, IReadOnlyList<TransferScene> scenes, bool hasMedia) => new(
        clip.Id, clip.Title, clip.Tags, JsonElement.Parse(MetadataText.Write(clip.Metadata), MetadataText.Reading), clip.Duration.Ticks, clip.HasAudio, clip.HasVideo, clip.Width, clip.Height, clip.FrameRate,
        clip.Sha256, clip.MediaType, clip.SizeBytes, clip.CreatedAt, hasMedia, scenes);

    /// <exception cref="InvalidDataException">Metadata that no upload may have.</exception>
    /// <exception cref="InvalidOperationException">Metadata that is not even UTF-8.</exception>
    public ClipRecord ToRecord(string modelId) => new()
    {
        Id = Id,
        Title = Title,
        Tags = [.. Tags.Distinct(StringComparer.Ordinal)],
        Metadata = ClipRules.ParseMetadata(Metadata.GetRawText()),
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

    /// <summary>What the store itself does not ask of a record: all that an upload is asked. The hash names a file and the type goes into a header: neither may be anything else.</summary>
    /// <exception cref="InvalidDataException">A value that no export has.</exception>
    public void Check(long vectors)
    {
        if (Tags.Contains(null!) || Scenes.Contains(null!))
            throw new InvalidDataException("a list has a null in it");
        ClipRules.CheckStoredId(Id);
        ClipRules.CheckTitle(Title);
        ClipRules.CheckTags(Tags);
        if (Sha256.Length != HashCharacters || !Sha256.All(char.IsAsciiHexDigitLower))
            throw new InvalidDataException("sha256 is no SHA-256 in lower-case hex");
        // Browsers play these and run none of them: media are served under this type.
        if (MediaType.Split('/') is not ["audio" or "video" or "image", { Length: > 0 } subtype] || subtype.StartsWith("svg", StringComparison.OrdinalIgnoreCase) || !subtype.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '+' or '.'))
            throw new InvalidDataException("mediaType is no content type of sound, video or pictures");
        if (SizeBytes < 0)
            throw new InvalidDataException("sizeBytes is negative");
        if (DurationTicks is < 0 or > MaxDurationTicks)
            throw new InvalidDataException($"durationTicks is {DurationTicks}; it lies between 0 and {MaxDurationTicks}, a day");
        CheckPictures();
        if (Scenes.Count == 0)
            throw new InvalidDataException("it has no scenes");
        foreach (TransferScene scene in Scenes)
        {
            if (scene.StartTicks < 0 || scene.EndTicks < scene.StartTicks)
                throw new InvalidDataException($"scene {scene.Index} ends before it begins");
            if (scene.EndTicks > MaxDurationTicks)
                throw new InvalidDataException($"scene {scene.Index} has endTicks {scene.EndTicks}; at most {MaxDurationTicks}, a day, are taken");
            foreach (long? row in (long?[])[scene.AudioRow, scene.VisualRow])
                if (row < 0 || row >= vectors)
                    throw new InvalidDataException($"scene {scene.Index} names vector {row} of {vectors}");
        }
    }

    private void CheckPictures()
    {
        if (Width.HasValue != Height.HasValue)
            throw new InvalidDataException("of width and height only one is given");
        if (Width <= 0 || Height <= 0 || (long?)Width * Height > MaxPixels)
            throw new InvalidDataException($"the pictures are {Width} × {Height} pixels; each side has at least 1, and at most {MaxPixels} pixels are taken");
        // A number that is too large for a double is read as infinity, and no answer could say it.
        if (FrameRate is { } rate && (!double.IsFinite(rate) || rate <= 0))
            throw new InvalidDataException("frameRate is no finite number above 0");
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

    /// <summary>What is missing, given twice, or null where it may not be, is refused.</summary>
    private static JsonSerializerOptions MakeOptions(bool isIndented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
        MaxDepth = MaxJsonDepth,
        WriteIndented = isIndented,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
