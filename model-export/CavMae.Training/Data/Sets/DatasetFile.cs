using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CavMae.Training.Data.Sets;

/// <summary>A clip of a data set.</summary>
/// <param name="VideoId">The name of its pictures' files, without extension.</param>
/// <param name="Wav">Path of its sound, WAV or FLAC.</param>
/// <param name="VideoPath">Folder that holds <c>frame_0/ID.jpg</c> to <c>frame_9/ID.jpg</c>.</param>
/// <param name="Labels">Identifiers of its classes; may be none.</param>
public sealed record DatasetEntry(string VideoId, string Wav, string VideoPath, IReadOnlyList<string> Labels)
{
    /// <summary>Pictures of a clip.</summary>
    public const int Frames = 10;

    /// <summary>Path of picture 0 … 9, whether it is there or not.</summary>
    public string FramePath(int frame) => Path.Combine(VideoPath, $"frame_{frame}", VideoId + ".jpg");
}

/// <summary>
/// A data set's list of clips: <c>{"data":[{"video_id","wav","video_path","labels":"m1,m2"}]}</c>, as the published code has it. Relative
/// paths start from the list's own folder. Immutable.
/// </summary>
public sealed class DatasetFile
{
    private DatasetFile(string path, IReadOnlyList<DatasetEntry> entries) => (FilePath, Entries) = (path, entries);

    public string FilePath { get; }

    /// <summary>At least one; their paths are absolute.</summary>
    public IReadOnlyList<DatasetEntry> Entries { get; }

    /// <exception cref="DatasetException">Not such a file, an entry without one of its fields, or no entry at all.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static DatasetFile Read(string path)
    {
        DatasetJson? json;
        try
        {
            using FileStream file = File.OpenRead(path);
            json = JsonSerializer.Deserialize(file, DatasetJsonContext.Default.DatasetJson);
        }
        catch (JsonException problem)
        {
            throw new DatasetException($"{path} is no data set list: {problem.Message}", problem);
        }
        if (json?.Data is not { } data)
            throw new DatasetException($"{path} is no data set list: it has no \"data\".");
        if (data.Count == 0)
            throw new DatasetException($"{path} is empty: its \"data\" has no clips.");
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return new DatasetFile(path, [.. data.Select((entry, number) => ToEntry(path, folder, entry, number))]);
    }

    /// <summary>Writes a list, under a temporary name first: it is there whole or not at all.</summary>
    /// <param name="entries">Paths as they are to stand in it; relative ones start from the list's own folder.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, IEnumerable<DatasetEntry> entries)
    {
        DatasetJson json = new([.. entries.Select(entry => new EntryJson(entry.VideoId, entry.Wav, entry.VideoPath, string.Join(',', entry.Labels)))]);
        WholeFile.Write(path, stream => JsonSerializer.Serialize(stream, json, DatasetJsonContext.Readable.DatasetJson));
    }

    /// <summary>
    /// Sounds that are not there, and first pictures of clips that have none (any earlier picture stands for a missing one, so picture 0
    /// has to be there).
    /// </summary>
    public IEnumerable<string> MissingFiles() =>
        Entries.SelectMany(entry => (string[])[entry.Wav, entry.FramePath(0)]).Where(file => !File.Exists(file));

    /// <exception cref="DatasetException">Files are missing: how many, and the first few.</exception>
    public void RequireFiles()
    {
        const int Named = 5;
        string[] missing = [.. MissingFiles()];
        if (missing.Length > 0)
            throw new DatasetException($"{FilePath}: {missing.Length} files are missing: {string.Join(", ", missing.Take(Named))}{(missing.Length > Named ? ", …" : "")}");
    }

    private static DatasetEntry ToEntry(string path, string folder, EntryJson? entry, int number)
    {
        string id = Require(entry?.VideoId, "video_id"), wav = Require(entry?.Wav, "wav"), videoPath = Require(entry?.VideoPath, "video_path");
        string[] labels = (entry!.Labels ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return new DatasetEntry(id, Path.GetFullPath(wav, folder), Path.GetFullPath(videoPath, folder), labels);

        string Require(string? value, string field) =>
            string.IsNullOrEmpty(value) ? throw new DatasetException($"{path}: clip {number} (from 0) has no \"{field}\".") : value;
    }
}

internal sealed record DatasetJson([property: JsonPropertyName("data")] IReadOnlyList<EntryJson>? Data);

internal sealed record EntryJson(
    [property: JsonPropertyName("video_id")] string? VideoId, [property: JsonPropertyName("wav")] string? Wav,
    [property: JsonPropertyName("video_path")] string? VideoPath, [property: JsonPropertyName("labels")] string? Labels);

[JsonSerializable(typeof(DatasetJson))]
internal sealed partial class DatasetJsonContext : JsonSerializerContext
{
    /// <summary>One field a line, and letters of all alphabets as they are.</summary>
    public static DatasetJsonContext Readable { get; } = new(new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
