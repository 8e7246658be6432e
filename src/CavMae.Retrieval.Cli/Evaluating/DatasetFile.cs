using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using CavMae.Retrieval.Cli.Commands;

namespace CavMae.Retrieval.Cli.Evaluating;

/// <summary>
/// The data set file of CAV-MAE: <c>{"data": [{"video_id", "wav", "video_path", "labels"}]}</c>, the pictures at
/// <c>video_path/frame_{i}/video_id.jpg</c>. Relative paths begin at the file's own folder.
/// </summary>
internal static class DatasetFile
{
    /// <summary>The frame of ten that the paper's evaluation looks at; the one before it stands in for one that is missing.</summary>
    private const int EvaluatedFrame = 5;

    /// <exception cref="BadUseException">The file is not a data set.</exception>
    public static async Task<EvaluationSet> ReadAsync(string path, CancellationToken cancellationToken)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        List<EvaluationItem> items = [];
        List<LeftOutFile> leftOut = [];
        HashSet<string> ids = new(StringComparer.Ordinal);
        IReadOnlyList<DatasetEntry?> entries = await ReadEntriesAsync(path, cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < entries.Count; i++)
        {
            if (entries[i] is not { } entry || Missing(entry) is not null)
                leftOut.Add(new LeftOutFile($"entry {i}", LeftOutKind.Unreadable, $"it has no {(entries[i] is { } partial ? Missing(partial) : "content")}"));
            else if (!ids.Add(entry.VideoId!))
                leftOut.Add(new LeftOutFile(entry.VideoId!, LeftOutKind.Duplicate, "an earlier entry has the same video_id"));
            else if (FindFrame(Path.Combine(folder, entry.VideoPath!), entry.VideoId!) is { } frame)
                items.Add(new EvaluationItem(entry.VideoId!, Path.Combine(folder, entry.Wav!), frame));
            else
                leftOut.Add(new LeftOutFile(entry.VideoId!, LeftOutKind.Unreadable, $"'{entry.VideoPath}' has no frame_{{0-{EvaluatedFrame}}}/{entry.VideoId}.jpg"));
        }
        return new EvaluationSet(items, leftOut);
    }

    private static async Task<IReadOnlyList<DatasetEntry?>> ReadEntriesAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            FileStream stream = File.OpenRead(path);
            await using (stream.ConfigureAwait(false))
            {
                DatasetContent? content = await JsonSerializer.DeserializeAsync(stream, DatasetJson.Default.DatasetContent, cancellationToken).ConfigureAwait(false);
                return content?.Data ?? throw new BadUseException($"'{path}' is no data set: it has no list \"data\". Name a folder of clips, or a JSON file as CAV-MAE has them.");
            }
        }
        catch (JsonException problem)
        {
            throw new BadUseException($"'{path}' is no data set: {problem.Message} Name a folder of clips, or a JSON file as CAV-MAE has them.");
        }
    }

    /// <summary>The first key without a usable value; a path with U+0000 is none that a system knows.</summary>
    private static string? Missing(DatasetEntry entry)
    {
        (string Key, string? Value)[] values = [("video_id", entry.VideoId), ("wav", entry.Wav), ("video_path", entry.VideoPath)];
        return Array.Find(values, value => string.IsNullOrEmpty(value.Value) || value.Value.Contains('\0', StringComparison.Ordinal)).Key;
    }

    private static string? FindFrame(string folder, string id) => Enumerable.Range(0, EvaluatedFrame + 1).Reverse()
        .Select(frame => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"frame_{frame}"), id + ".jpg"))
        .FirstOrDefault(File.Exists);
}

internal sealed record DatasetContent(IReadOnlyList<DatasetEntry?>? Data);

internal sealed record DatasetEntry(
    [property: JsonPropertyName("video_id")] string? VideoId, string? Wav, [property: JsonPropertyName("video_path")] string? VideoPath);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DatasetContent))]
internal sealed partial class DatasetJson : JsonSerializerContext;
