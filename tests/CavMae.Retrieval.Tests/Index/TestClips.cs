using System.Text.Json.Nodes;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Tests.Index;

/// <summary>Clips for store tests, made from a seed.</summary>
internal static class TestClips
{
    public const string ModelId = "test-float32-0123456789ab";

    /// <summary>No multiple of any vector width, so that rows have a remainder.</summary>
    public const int Dimension = 21;

    public static readonly DateTimeOffset CreatedAt = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.FromHours(2));

    /// <summary>A clip whose record agrees with its scenes.</summary>
    public static ClipRecord Record(string id, IReadOnlyList<SceneEmbedding> scenes, string[]? tags = null, string? sha256 = null, JsonObject? metadata = null, string? title = null) => new()
    {
        Id = id,
        Title = title ?? $"Title of {id}",
        Tags = tags ?? [],
        Metadata = metadata ?? [],
        Duration = scenes.Count == 0 ? TimeSpan.Zero : scenes[^1].End,
        HasAudio = scenes.Any(scene => scene.Audio is not null),
        HasVideo = scenes.Any(scene => scene.Visual is not null),
        Width = 640,
        Height = 360,
        FrameRate = 29.97,
        Sha256 = sha256 ?? $"content of {id}",
        MediaType = "video/mp4",
        SizeBytes = 123_456_789_012,
        ModelId = ModelId,
        CreatedAt = CreatedAt,
        Scenes = [.. scenes.Select(scene => new SceneRecord(scene.Index, scene.Start, scene.End, scene.Audio is not null, scene.Visual is not null))],
    };

    public static SceneEmbedding Scene(int index, float[]? audio, float[]? visual) =>
        new(index, TimeSpan.FromSeconds(10 * index), TimeSpan.FromSeconds(10 * (index + 1)), audio, visual);

    /// <summary>Scenes with random vectors; a modality is missing where <paramref name="missing"/> of them lack one.</summary>
    public static SceneEmbedding[] Scenes(Random random, int count, double missing = 0)
    {
        return [.. Enumerable.Range(0, count).Select(i => Scene(i, VectorOrNull(), VectorOrNull()))];
        float[]? VectorOrNull() => random.NextDouble() < missing ? null : UnitVector(random);
    }

    public static float[] UnitVector(Random random, int dimension = Dimension)
    {
        var vector = new double[dimension];
        for (var i = 0; i < dimension; i++)
            vector[i] = (2 * random.NextDouble()) - 1;
        var norm = Math.Sqrt(vector.Sum(x => x * x));
        return [.. vector.Select(x => (float)(x / norm))];
    }

    /// <summary>The unit vector with a given cosine to the first axis.</summary>
    public static float[] AtCosine(double cosine)
    {
        var vector = new float[Dimension];
        vector[0] = (float)cosine;
        vector[1] = (float)Math.Sqrt(1 - (cosine * cosine));
        return vector;
    }

    public static async Task<ClipRecord> AddAsync(ISceneIndex index, string id, IReadOnlyList<SceneEmbedding> scenes, params string[] tags)
    {
        var record = Record(id, scenes, tags);
        await index.UpsertAsync(record, scenes, TestContext.Current.CancellationToken);
        return record;
    }

    /// <summary>Every field, lists and metadata by what they hold.</summary>
    public static void AssertSame(ClipRecord expected, ClipRecord? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.Tags, actual.Tags);
        Assert.Equal(expected.Scenes, actual.Scenes);
        Assert.True(JsonNode.DeepEquals(expected.Metadata, actual.Metadata), $"{expected.Metadata} against {actual.Metadata}");
        Assert.Equal(expected with { Tags = [], Scenes = [], Metadata = actual.Metadata }, actual with { Tags = [], Scenes = [] });
    }
}
