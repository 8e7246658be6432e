using System.Text.Json.Serialization;

namespace CavMae.Retrieval.Embeddings;

/// <summary>What <c>model.json</c> of a bundle says. Written by the exporter, read and verified at start.</summary>
public sealed record ModelManifest
{
    public const int SupportedFormatVersion = 1;

    public required int FormatVersion { get; init; }
    public required string Name { get; init; }

    /// <summary><c>fp32</c>, <c>fp16</c> or <c>int8</c>.</summary>
    public required string Precision { get; init; }

    /// <summary>int8 graphs are made of operators that only CPUs have.</summary>
    [JsonIgnore]
    public bool IsForCpuOnly => Precision == "int8";

    /// <summary><c>{name}-{precision}-{first 12 hex digits of the weights' hash}</c>; every stored vector belongs to one.</summary>
    public required string ModelId { get; init; }

    /// <summary>True where the graphs hold standard ONNX operators only, which is what TensorRT takes.</summary>
    public bool StandardOperators { get; init; }

    /// <summary>False for random weights: the service then works, but its answers mean nothing.</summary>
    public required bool Trained { get; init; }

    /// <summary>Length of an embedding.</summary>
    public required int Dimension { get; init; }

    public required int SampleRateHz { get; init; }
    public required int MaxSamples { get; init; }
    public required int MinSamples { get; init; }
    public required double SceneSeconds { get; init; }
    public required int FrameSide { get; init; }

    /// <summary>The checkpoint it was made from.</summary>
    public required ModelSource Source { get; init; }

    /// <summary>SHA-256 (lower-case hex) of every other file of the bundle.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }

    public string? License { get; init; }
    public string? TrainingData { get; init; }
}

/// <param name="File">File name of the checkpoint.</param>
/// <param name="Sha256">SHA-256 of the checkpoint, lower-case hex.</param>
public sealed record ModelSource(string File, string Sha256);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ModelManifest))]
internal sealed partial class ModelManifestJson : JsonSerializerContext;
