using CavMae.Retrieval.Embeddings;

namespace CavMae.Retrieval.Index;

/// <summary>Which cosines between a query scene and a stored scene count; the score is the mean of those both sides have.</summary>
[Flags]
public enum Pairings
{
    /// <summary>The query's sound against stored pictures.</summary>
    AudioToVisual = 1,

    /// <summary>The query's pictures against stored sound.</summary>
    VisualToAudio = 2,
    AudioToAudio = 4,
    VisualToVisual = 8,
    All = AudioToVisual | VisualToAudio | AudioToAudio | VisualToVisual,
}

public enum Grouping
{
    /// <summary>At most one hit a clip: its best scene.</summary>
    Clip,

    /// <summary>Every scene on its own.</summary>
    Scene,
}

/// <summary>One search over the stored vectors.</summary>
public sealed record IndexQuery
{
    /// <summary>At least one scene; a stored scene's score is that of its best query scene.</summary>
    public required IReadOnlyList<SceneEmbedding> Scenes { get; init; }

    public required Pairings Pairings { get; init; }

    /// <summary>Most hits, 1 to 100.</summary>
    public int Limit { get; init; } = 10;

    /// <summary>Hits below this score (−1 to 1) are left out.</summary>
    public float? MinScore { get; init; }

    public Grouping Grouping { get; init; } = Grouping.Clip;

    /// <summary>Which clips take part.</summary>
    public ClipFilter Filter { get; init; } = ClipFilter.None;

    /// <summary>A clip that is left out: the one that asks.</summary>
    public string? ExcludedClipId { get; init; }
}

/// <summary>One answer. Hits come best first; equal scores by clip id (ordinal), then stored scene, then query scene.</summary>
/// <param name="Score">Mean of the cosines in <paramref name="Parts"/>.</param>
/// <param name="Parts">Each pairing's cosine; null where it was not asked for or one side lacks the modality.</param>
/// <param name="Clip">The clip; its metadata is left empty, see <see cref="ISceneIndex.GetAsync"/>.</param>
/// <param name="Scene">The stored scene.</param>
/// <param name="QueryScene">Place in <see cref="IndexQuery.Scenes"/> of the query scene that fits best.</param>
public sealed record IndexHit(float Score, ScoreParts Parts, ClipRecord Clip, SceneRecord Scene, int QueryScene);

/// <summary>The cosines behind a score.</summary>
public sealed record ScoreParts(float? AudioToVisual, float? VisualToAudio, float? AudioToAudio, float? VisualToVisual);
