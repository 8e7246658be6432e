using CavMae.Retrieval.Embeddings;

namespace CavMae.Retrieval.Api.Contracts;

/// <summary>The model that serves; its id stands on every stored clip.</summary>
/// <param name="Trained">False: random weights, the answers mean nothing.</param>
/// <param name="Provider">Execution provider in use: Cpu, Cuda or TensorRt.</param>
public sealed record ModelResponse(string ModelId, string Name, string Precision, int Dimension, bool Trained, string Provider, string? License, string? TrainingData, string SourceSha256)
{
    public static ModelResponse From(SceneEncoder encoder) => new(
        encoder.Model.ModelId, encoder.Model.Name, encoder.Model.Precision, encoder.Model.Dimension, encoder.Model.Trained,
        encoder.Provider.ToString(), encoder.Model.License, encoder.Model.TrainingData, encoder.Model.Source.Sha256);
}

/// <summary>The vectors of a file, scene by scene.</summary>
public sealed record EmbeddingsResponse(string ModelId, IReadOnlyList<SceneEmbeddingResponse> Scenes)
{
    public static EmbeddingsResponse From(EmbeddedMedia media, string modelId) => new(modelId,
        [.. media.Scenes.Select(s => new SceneEmbeddingResponse(s.Index, s.Start.TotalSeconds, s.End.TotalSeconds, s.Audio, s.Visual))]);
}

/// <param name="Audio">Unit vector of the sound; null without.</param>
/// <param name="Visual">Unit vector of the pictures; null without.</param>
public sealed record SceneEmbeddingResponse(int Index, double StartSeconds, double EndSeconds, float[]? Audio, float[]? Visual);

/// <param name="Status">live or ready.</param>
public sealed record HealthResponse(string Status);
