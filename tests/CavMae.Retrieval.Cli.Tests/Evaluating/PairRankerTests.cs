using System.Numerics.Tensors;
using CavMae.Retrieval.Cli.Evaluating;
using CavMae.Retrieval.Cli.Hosting;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Search;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Cli.Tests.Evaluating;

/// <summary>The full ranking over several blocks of clips, against the score matrix of the same vectors.</summary>
public sealed class PairRankerTests : IAsyncLifetime
{
    private const int Dimension = 16;
    private const string ModelId = "made-fp32-000000000000";

    private readonly TemporaryFolder folder = new();
    private DataFolder? data;
    private EmbeddedIndex? opened;

    private EmbeddedIndex Index => opened!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        data = DataFolder.Open(folder.File("data"));
        opened = await EmbeddedIndex.OpenAsync(data, ModelId, Dimension, cancellationToken: Token);
    }

    public async ValueTask DisposeAsync()
    {
        await Index.DisposeAsync();
        data!.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task RunAsync_ClipsInSeveralBlocks_RanksAllOfThem()
    {
        // Every clip stored waits for the disk: small blocks do as well as large ones.
        const int Count = 37;
        Random random = new(3);
        float[][] sounds = [.. Enumerable.Range(0, Count).Select(_ => Unit(random))];
        float[][] pictures = [.. sounds.Select(sound => Unit(random, sound))];
        // Ties to the last bit: two pairs share their pictures.
        pictures[31] = pictures[4];
        BlockTags blocks = await BlockTags.BeginAsync(Index, "data", Token, clipsPerBlock: 10);
        List<StoredPair> pairs = [];
        for (int i = 0; i < Count; i++)
        {
            ClipRecord clip = await StoreAsync($"clip {i}", [blocks.Next()], sounds[i], pictures[i]);
            pairs.Add(new StoredPair(clip.Id, clip, clip));
        }
        // In the store, but no candidate: left by another evaluation.
        await StoreAsync("other", [(await BlockTags.BeginAsync(Index, "data", Token)).Next()], sounds[0], pictures[0]);
        float[] scores = new float[Count * Count];
        for (int row = 0; row < Count; row++)
            for (int column = 0; column < Count; column++)
                scores[(row * Count) + column] = TensorPrimitives.Dot<float>(sounds[row], pictures[column]);

        int reports = 0;
        PairRanker ranker = new(Index, pairs);
        RecallReport audioToVideo = await ranker.RunAsync(SearchDirection.AudioToVideo, () => reports++, Token);
        RecallReport videoToAudio = await ranker.RunAsync(SearchDirection.VideoToAudio, () => reports++, Token);

        Assert.Equal(RecallReport.FromScores(scores, Count), audioToVideo);
        Assert.Equal(RecallReport.FromScores(scores, Count, columnsAsk: true), videoToAudio);
        Assert.InRange(audioToVideo.RecallAt1, 0.05, 0.95);
        Assert.Equal(2 * Count, reports);
    }

    [Fact]
    public async Task RunAsync_CandidateWithoutScore_IsNamed()
    {
        BlockTags blocks = await BlockTags.BeginAsync(Index, "data", Token);
        ClipRecord there = await StoreAsync("there", [blocks.Next()], Unit(new Random(1)), Unit(new Random(2)));
        ClipRecord gone = await StoreAsync("gone", [blocks.Next()], Unit(new Random(3)), Unit(new Random(4)));
        await Index.DeleteAsync("gone", Token);
        PairRanker ranker = new(Index, [new StoredPair("there", there, there), new StoredPair("gone", gone, gone)]);

        StoreUnavailableException failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => ranker.RunAsync(SearchDirection.AudioToVideo, () => { }, Token));

        Assert.Contains("'gone' has no score for 'there'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BeginAsync_ClipOfAnotherOrigin_IsRefusedByTitle()
    {
        await StoreAsync("holiday", ["beach"], Unit(new Random(1)), Unit(new Random(2)));

        StartException refusal = await Assert.ThrowsAsync<StartException>(() => BlockTags.BeginAsync(Index, "data", Token));

        Assert.Contains("'holiday'", refusal.Message, StringComparison.Ordinal);
    }

    private async Task<ClipRecord> StoreAsync(string id, string[] tags, float[] sound, float[] picture)
    {
        SceneEmbedding scene = new(0, TimeSpan.Zero, TimeSpan.FromSeconds(10), sound, picture);
        ClipRecord clip = new()
        {
            Id = id,
            Title = id,
            Tags = tags,
            Duration = scene.End,
            HasAudio = true,
            HasVideo = true,
            Sha256 = new string('0', 64),
            MediaType = "video/mp4",
            SizeBytes = 1,
            ModelId = ModelId,
            CreatedAt = DateTimeOffset.UnixEpoch,
            Scenes = [new SceneRecord(0, scene.Start, scene.End, true, true)],
        };
        await Index.UpsertAsync(clip, [scene], Token);
        return clip;
    }

    /// <summary>A random direction; near another one where that is given.</summary>
    private static float[] Unit(Random random, float[]? near = null)
    {
        float[] vector = [.. Enumerable.Range(0, Dimension).Select(i => random.NextSingle() - 0.5f + (near?[i] ?? 0))];
        TensorPrimitives.Divide(vector, TensorPrimitives.Norm(vector), vector);
        return vector;
    }
}
