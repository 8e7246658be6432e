using System.Numerics.Tensors;
using System.Text;
using CavMae.Retrieval.Embeddings;

namespace CavMae.Retrieval.Index;

/// <summary>What every store asks of clips, scenes and queries before it touches anything.</summary>
internal static class SceneValidation
{
    public const int MaxHits = 100;
    public const int MaxPageSize = 1000;

    /// <summary>How far a vector's L2 norm may be from 1: float16 encoders stay well below it, a vector never normalised does not.</summary>
    public const double UnitTolerance = SceneEmbedding.NormTolerance;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static void Check(ClipRecord clip, IReadOnlyList<SceneEmbedding> scenes, string modelId, int dimension)
    {
        ArgumentNullException.ThrowIfNull(clip);
        ArgumentNullException.ThrowIfNull(scenes);
        ArgumentException.ThrowIfNullOrEmpty(clip.Id, "clip.Id");
        CheckText(clip.Id, "clip.Id");
        CheckText(clip.Title, "clip.Title");
        foreach (var tag in clip.Tags)
            CheckText(tag, "clip.Tags");
        if (clip.ModelId != modelId)
            throw new ArgumentException($"Clip '{clip.Id}' was embedded by model '{clip.ModelId}', the store holds '{modelId}'.", nameof(clip));
        if (clip.Scenes.Count != scenes.Count)
            throw new ArgumentException($"Clip '{clip.Id}' names {clip.Scenes.Count} scenes, {scenes.Count} were embedded.", nameof(scenes));
        for (var i = 0; i < scenes.Count; i++)
        {
            var scene = scenes[i];
            var record = new SceneRecord(scene.Index, scene.Start, scene.End, scene.Audio is not null, scene.Visual is not null);
            if (clip.Scenes[i] != record)
                throw new ArgumentException($"Scene {i} of clip '{clip.Id}' does not agree with its vectors: {clip.Scenes[i]} against {record}.", nameof(scenes));
            // Gaps are fine: a stretch without sound and pictures is no scene.
            if (scene.Index < 0 || (i > 0 && scene.Index <= scenes[i - 1].Index))
                throw new ArgumentException($"Scene {i} of clip '{clip.Id}' has index {scene.Index}, which does not go on from the one before.", nameof(scenes));
            CheckVectors(scene, i, dimension, nameof(scenes));
        }
    }

    public static void Check(IndexQuery query, int dimension)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Scenes.Count == 0)
            throw new ArgumentException("A search needs at least one scene.", nameof(query));
        if (query.Pairings == 0 || (query.Pairings & ~Pairings.All) != 0)
            throw new ArgumentException($"Pairings '{query.Pairings}' are none this store knows.", nameof(query));
        if (query.Limit is < 1 or > MaxHits)
            throw new ArgumentException($"Limit is {query.Limit}; it lies between 1 and {MaxHits}.", nameof(query));
        if (query.MinScore is { } minScore && minScore is not (>= -1 and <= 1))
            throw new ArgumentException($"MinScore is {minScore}; it lies between -1 and 1.", nameof(query));
        Check(query.Filter);
        for (var i = 0; i < query.Scenes.Count; i++)
            CheckVectors(query.Scenes[i], i, dimension, nameof(query));
    }

    public static void Check(ClipChanges changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        CheckText(changes.Title ?? "", "changes.Title");
        foreach (var tag in changes.Tags ?? [])
            CheckText(tag, "changes.Tags");
    }

    public static void Check(ClipFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        foreach (var condition in filter.Conditions)
        {
            if (condition.Path.Count == 0)
                throw new ArgumentException("A condition names no key.", nameof(filter));
            foreach (var name in condition.Path)
                CheckUnicode(name, "filter.Conditions");
            var isEmpty = condition switch
            {
                MetadataIsOneOf { Values.Count: 0 } => true,
                MetadataNumberRange { Bounds: var bounds } => bounds == new Bounds<double>(),
                MetadataDateRange { Bounds: var bounds } => bounds == new Bounds<DateTimeOffset>(),
                _ => false,
            };
            if (isEmpty)
                throw new ArgumentException($"The condition on '{string.Join('.', condition.Path)}' has no value and no bound.", nameof(filter));
        }
    }

    public static void CheckPageSize(int limit)
    {
        if (limit is < 1 or > MaxPageSize)
            throw new ArgumentException($"A page holds 1 to {MaxPageSize} clips, not {limit}.", nameof(limit));
    }

    private static void CheckVectors(SceneEmbedding scene, int index, int dimension, string parameter)
    {
        CheckVector(scene.Audio, "Audio", index, dimension, parameter);
        CheckVector(scene.Visual, "Visual", index, dimension, parameter);
    }

    private static void CheckVector(float[]? vector, string modality, int index, int dimension, string parameter)
    {
        if (vector is null)
            return;
        if (vector.Length != dimension)
            throw new ArgumentException($"{modality} vector of scene {index} holds {vector.Length} numbers; the store's hold {dimension}.", parameter);
        if (SceneEmbedding.IsUnit(vector))
            return;
        var norm = Math.Sqrt(TensorPrimitives.SumOfSquares<float>(vector));
        throw new ArgumentException(double.IsFinite(norm)
            ? $"{modality} vector of scene {index} has length {norm:0.######}; vectors are of unit length (±{UnitTolerance})."
            : $"{modality} vector of scene {index} holds numbers that are not finite.", parameter);
    }

    /// <summary>Text that a store could not give back as it came is refused: U+0000 ends a string in some, half a surrogate pair is no text.</summary>
    private static void CheckText(string text, string parameter)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException("Text holds the character U+0000.", parameter);
        CheckUnicode(text, parameter);
    }

    private static void CheckUnicode(string text, string parameter)
    {
        try
        {
            _ = StrictUtf8.GetByteCount(text);
        }
        catch (EncoderFallbackException exception)
        {
            throw new ArgumentException("Text holds half a surrogate pair.", parameter, exception);
        }
    }
}
