namespace CavMae.Export;

/// <summary>What to export, and to where.</summary>
public sealed record ExportOptions
{
    /// <summary>A PyTorch checkpoint (zip or legacy format) or a safetensors file.</summary>
    public required string CheckpointPath { get; init; }

    /// <summary>The bundle's folder. It must be new, empty, or hold a bundle, which is then replaced.</summary>
    public required string OutputFolder { get; init; }

    /// <summary>The model's name, the first part of its id: letters, digits, '.', '_' and '-', at most 64.</summary>
    public required string Name { get; init; }

    /// <summary>How the weights are kept; a part of the model id.</summary>
    public ExportPrecision Precision { get; init; } = ExportPrecision.Fp32;

    /// <summary>Attention heads; null: what a safetensors file says of itself, else width / 64, as in every published size.</summary>
    public int? Heads { get; init; }

    /// <summary>False for random weights: the service then says so wherever it names the model.</summary>
    public bool Trained { get; init; } = true;

    /// <summary>The weights' licence, in words; null: "not stated".</summary>
    public string? License { get; init; }

    /// <summary>What the weights were trained on, in words; null: "not stated", or "none" for untrained weights.</summary>
    public string? TrainingData { get; init; }
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
