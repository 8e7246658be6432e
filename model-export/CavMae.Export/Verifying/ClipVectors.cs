using CavMae.Retrieval.Embeddings;

namespace CavMae.Export.Verifying;

/// <summary>One file's scenes as both bundles see them, in the same order.</summary>
/// <param name="File">The file's path, as it was given or found.</param>
internal sealed record ClipVectors(string File)
{
    private readonly List<SceneEmbedding> bundle = [], against = [];

    /// <summary>By the bundle that is verified.</summary>
    public IReadOnlyList<SceneEmbedding> Bundle => bundle;

    /// <summary>By the one it is compared with.</summary>
    public IReadOnlyList<SceneEmbedding> Against => against;

    /// <summary>Whether it has sound and pictures somewhere, and so can be a query and an answer in both directions.</summary>
    public bool IsPair => bundle.Exists(scene => scene.Audio is not null) && bundle.Exists(scene => scene.Visual is not null);

    /// <summary>Adds a scene: the same one by both, with the same modalities.</summary>
    public void Add(SceneEmbedding byBundle, SceneEmbedding byAgainst)
    {
        bundle.Add(byBundle);
        against.Add(byAgainst);
    }
}
