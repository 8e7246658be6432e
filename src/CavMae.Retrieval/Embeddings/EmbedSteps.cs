using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Embeddings;

/// <summary>Takes part in the embedding of one file; called by one thread at a time, in the order of the scenes.</summary>
internal sealed record EmbedSteps
{
    public static EmbedSteps None { get; } = new();

    /// <summary>Asked once, when the file was looked at and nothing is decoded yet; false ends it there.</summary>
    public Func<MediaSource, bool> Begin { get; init; } = static _ => true;

    /// <summary>A scene that was encoded before, such as by a process that was killed since; null: encode it.</summary>
    public Func<Scene, SceneEmbedding?> Find { get; init; } = static _ => null;

    /// <summary>Told of each scene that was just encoded.</summary>
    public Action<SceneEmbedding> Encoded { get; init; } = static _ => { };

    /// <summary>Whether the scenes count in the service's metrics.</summary>
    public bool IsCounted { get; init; } = true;

    /// <summary>
    /// Nobody waits for the answer: the file has no part in the limits and counts of requests, and leaves more of the encoders' time to them.
    /// </summary>
    public bool IsBackground { get; init; }
}
