using System.Globalization;
using System.Text.RegularExpressions;

namespace CavMae.Export;

/// <summary>What to export, and to where.</summary>
public sealed partial record ExportOptions
{
    public const double UsualMinCosine = 0.998;

    /// <summary>A PyTorch checkpoint (zip or legacy format) or a safetensors file.</summary>
    public required string CheckpointPath { get; init; }

    /// <summary>The bundle's folder. It must be new, empty, or hold a bundle, which is then replaced.</summary>
    public required string OutputFolder { get; init; }

    /// <summary>The model's name, the first part of its id: letters, digits, '.', '_' and '-', at most 64.</summary>
    public required string Name { get; init; }

    /// <summary>How the weights are kept; a part of the model id.</summary>
    public ExportPrecision Precision { get; init; } = ExportPrecision.Fp32;

    /// <summary>int8 only: files and folders of media on which layers that int8 harms are found; they stay float32. None: all are int8.</summary>
    public IReadOnlyList<string> CheckMedia { get; init; } = [];

    /// <summary>The lowest cosine, between 0 and 1, that a vector of <see cref="CheckMedia"/> may have to its float32 one.</summary>
    public double MinCosine { get; init; } = UsualMinCosine;

    /// <summary>Only standard ONNX operators, for TensorRT and other runtimes; a little slower on ONNX Runtime's CPU and CUDA providers. Not with int8.</summary>
    public bool StandardOperatorsOnly { get; init; }

    /// <summary>Attention heads; null: what a safetensors file says of itself, else width / 64, as in every published size.</summary>
    public int? Heads { get; init; }

    /// <summary>False for random weights: the service then says so wherever it names the model.</summary>
    public bool Trained { get; init; } = true;

    /// <summary>The weights' licence, in words; null: "not stated".</summary>
    public string? License { get; init; }

    /// <summary>What the weights were trained on, in words; null: "not stated", or "none" for untrained weights.</summary>
    public string? TrainingData { get; init; }

    /// <exception cref="ExportException">Something is not allowed, or does not go together.</exception>
    internal void Validate()
    {
        if (!NamePattern().IsMatch(Name))
            throw new ExportException($"The name \"{Name}\" does not do: 1 to 64 letters (a-z, A-Z), digits, '.', '_' and '-', with a letter or digit first.");
        if (!Enum.IsDefined(Precision))
            throw new ExportException($"There is no precision {Precision}: {string.Join(", ", Enum.GetNames<ExportPrecision>())} can be exported.");
        if (Precision == ExportPrecision.Int8 && StandardOperatorsOnly)
            throw new ExportException("int8 needs ONNX Runtime's own operators: leave out --standard-operators, or export with --precision fp32 or fp16.");
        if (Precision != ExportPrecision.Int8 && CheckMedia.Count > 0)
            throw new ExportException("Media to check int8 on (--check-media) go with --precision int8.");
        if (MinCosine is not (> 0 and < 1))
            throw new ExportException(string.Create(CultureInfo.InvariantCulture, $"The lowest cosine (--min-cosine) is {MinCosine}; between 0 and 1 is allowed."));
        if (!File.Exists(CheckpointPath))
            throw new ExportException($"There is no checkpoint {CheckpointPath}.");
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z")]
    private static partial Regex NamePattern();
}

/// <summary>How far an export is.</summary>
/// <param name="Step">What is being done, in a few words.</param>
/// <param name="DoneBytes">Of all steps together.</param>
/// <param name="TotalBytes">Of all steps together.</param>
public readonly record struct ExportProgress(string Step, long DoneBytes, long TotalBytes);

/// <summary>A finished bundle.</summary>
/// <param name="ModelId"><c>{name}-{precision}-{hash}</c>.</param>
/// <param name="Folder">Full path of the bundle's folder.</param>
/// <param name="Dimension">Of the embeddings.</param>
/// <param name="Heads">Attention heads, given or chosen.</param>
/// <param name="Files">File name → SHA-256, without model.json.</param>
public sealed record ExportResult(string ModelId, string Folder, int Dimension, int Heads, IReadOnlyDictionary<string, string> Files)
{
    /// <summary>What the checkpoint was, in words: "pretrained with decoder", "fine-tuned: classifier left out" or "encoder only".</summary>
    public string? SourceKind { get; init; }
}
