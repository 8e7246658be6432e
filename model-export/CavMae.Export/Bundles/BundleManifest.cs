using System.Text.Json;
using System.Text.Json.Serialization;

namespace CavMae.Export.Bundles;

/// <summary>model.json: what a bundle is, made from what, and what belongs to it.</summary>
internal sealed record BundleManifest
{
    public const string FileName = "model.json";

    public int FormatVersion { get; init; } = 1;
    public required string Name { get; init; }
    public required string Precision { get; init; }
    public required string ModelId { get; init; }
    public required bool StandardOperators { get; init; }
    public required bool Trained { get; init; }
    public required ArchitectureSection Architecture { get; init; }
    public required int Dimension { get; init; }
    public int SampleRateHz { get; init; } = 16_000;
    public required int MaxSamples { get; init; }
    public required int MinSamples { get; init; }
    public int SceneSeconds { get; init; } = 10;
    public required int FrameSide { get; init; }
    public required SourceSection Source { get; init; }

    /// <summary>Of int8 bundles only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Int8Section? Int8 { get; init; }

    /// <summary>File name → SHA-256 (lower-case hexadecimal) of every other file of the bundle.</summary>
    public required SortedDictionary<string, string> Files { get; init; }

    public required string License { get; init; }
    public required string TrainingData { get; init; }

    public byte[] ToJson() => [.. JsonSerializer.SerializeToUtf8Bytes(this, ManifestJson.Default.BundleManifest), (byte)'\n'];

    internal sealed record ArchitectureSection(int EmbedDim, int Heads, int MlpWidth, int ModalityBlocks, int SharedBlocks, int PatchSize);

    /// <summary>The checkpoint: its file name without folders, and the SHA-256 of the whole file.</summary>
    internal sealed record SourceSection(string File, string Sha256)
    {
        /// <summary>What the checkpoint was, in words.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Kind { get; init; }
    }
}

/// <summary>What of an int8 bundle is not int8, and how that was found; by encoder, "audio" and "visual".</summary>
internal sealed record Int8Section
{
    /// <summary>Linear layers that stay float32, the most harmed first.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> FloatLayers { get; init; }

    /// <summary>How many scenes each was checked on; null: they were not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, int>? CheckedScenes { get; init; }

    /// <summary>The lowest cosine of those scenes' vectors to the float32 ones.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, double>? MinCosine { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(BundleManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
