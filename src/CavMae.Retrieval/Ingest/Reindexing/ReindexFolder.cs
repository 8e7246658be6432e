using System.Text.Json;
using System.Text.Json.Serialization;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Ingest.Reindexing;

/// <summary>Where the store of another model grows inside a data folder, and the mark that it is complete.</summary>
public static class ReindexFolder
{
    private const string Name = "reindex";
    private const string MarkName = "ready.json";

    public static string PathIn(string dataFolder) => Path.Combine(Path.GetFullPath(dataFolder), Name);

    internal static string DatabasePath(string reindexFolder) => Path.Combine(reindexFolder, DataFolder.DatabaseName);

    /// <summary>Null where there is no mark: the store is not complete, or there is none.</summary>
    /// <exception cref="StoreUnavailableException">A mark that is none.</exception>
    internal static ReadyMark? ReadMark(string reindexFolder)
    {
        string path = Path.Combine(reindexFolder, MarkName);
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), ReindexJson.Default.ReadyMark);
        }
        catch (JsonException problem)
        {
            throw new StoreUnavailableException($"'{path}' is damaged: {problem.Message} Remove it, and run cavmae reindex again.", problem);
        }
    }

    /// <summary>The mark is there whole or not at all, and survives a power cut.</summary>
    internal static void WriteMark(string reindexFolder, ReadyMark mark)
    {
        string path = Path.Combine(reindexFolder, MarkName), partial = path + ".partial";
        using (FileStream file = new(partial, FileMode.Create))
        {
            JsonSerializer.Serialize(file, mark, ReindexJson.Default.ReadyMark);
            file.Flush(flushToDisk: true);
        }
        File.Move(partial, path, overwrite: true);
        DirectorySync.Flush(reindexFolder);
    }

    internal static void RemoveMark(string reindexFolder) => File.Delete(Path.Combine(reindexFolder, MarkName));
}

/// <param name="ModelId">Model whose next start takes the store.</param>
/// <param name="LeftOut">Clips that cannot be encoded, and that shall be left behind.</param>
internal sealed record ReadyMark(string ModelId, IReadOnlyList<string> LeftOut);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ReadyMark))]
internal sealed partial class ReindexJson : JsonSerializerContext;
