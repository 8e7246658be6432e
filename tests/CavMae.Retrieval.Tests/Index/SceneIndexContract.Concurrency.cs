using System.Globalization;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Tests.Index;

public abstract partial class SceneIndexContract
{
    /// <summary>Writes each clip sees while it is read; a store that is slow to write may take fewer.</summary>
    protected virtual int ConcurrentRevisions => 150;

    /// <summary>
    /// A clip's revision is in its title, in the number of its scenes (1 to 9) and in every vector (its cosine to the first
    /// axis), so that scenes of two revisions together, or some of one, are noticed.
    /// </summary>
    [Fact]
    public async Task Read_WhileClipsAreReplacedAndDeleted_NeverSeesHalfAClip()
    {
        await using var index = await OpenAsync(Cancellation);
        string[] ids = ["a", "b", "c"];
        foreach (var id in ids)
            await WriteRevisionAsync(index, id, 0);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        var first = Enumerable.Range(0, 3).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
        var readers = first.Select(isReading => Task.Run(() => ReadUntilAsync(index, ids, isReading, done.Token), Cancellation)).ToArray();
        await Task.WhenAny(Task.WhenAll(first.Select(isReading => isReading.Task)), Task.WhenAny(readers));
        await Task.WhenAll(ids.Select(id => Task.Run(async () =>
        {
            for (var revision = 1; revision <= ConcurrentRevisions; revision++)
            {
                // Clip c goes and comes back.
                if (id == "c" && revision % 3 == 0)
                    Assert.True(await index.DeleteAsync(id, Cancellation));
                await WriteRevisionAsync(index, id, revision);
            }
        }, Cancellation)));
        await done.CancelAsync();

        Assert.All(await Task.WhenAll(readers), searches => Assert.True(searches > 0));
        Assert.Equal(3 * ScenesOf(ConcurrentRevisions), (await index.CountAsync(Cancellation)).Scenes);
    }

    private static int ScenesOf(int revision) => 1 + (revision % 9);

    private static double CosineOf(int revision) => 0.1 + (0.001 * (revision % 800));

    private static async Task WriteRevisionAsync(ISceneIndex index, string id, int revision)
    {
        var vector = TestClips.AtCosine(CosineOf(revision));
        SceneEmbedding[] scenes = [.. Enumerable.Range(0, ScenesOf(revision)).Select(i => TestClips.Scene(i, vector, vector))];
        await index.UpsertAsync(TestClips.Record(id, scenes, title: revision.ToString(CultureInfo.InvariantCulture)), scenes, Cancellation);
    }

    private static async Task<int> ReadUntilAsync(ISceneIndex index, string[] ids, TaskCompletionSource isReading, CancellationToken done)
    {
        var query = Query(Pairings.All, TestClips.Scene(0, TestClips.AtCosine(1), TestClips.AtCosine(1))) with { Grouping = Grouping.Scene, Limit = 100 };
        var rounds = 0;
        for (; !done.IsCancellationRequested; rounds++)
        {
            foreach (var clip in (await index.SearchAsync(query, Cancellation)).GroupBy(hit => hit.Clip.Id))
                AssertWhole(clip.First().Clip, clip.Select(hit => hit.Scene.Index), clip.Select(hit => hit.Score));
            foreach (var clip in (await index.ListAsync(ClipFilter.None, null, 10, Cancellation)).Items)
                AssertWhole(clip, clip.Scenes.Select(scene => scene.Index), []);
            if (await index.GetEmbeddingsAsync(ids[rounds % ids.Length], Cancellation) is { } scenes)
                Assert.Single(scenes.SelectMany(scene => new[] { scene.Audio![0], scene.Visual![0] }).Distinct());
            isReading.TrySetResult();
        }
        return rounds;
    }

    private static void AssertWhole(ClipRecord clip, IEnumerable<int> scenes, IEnumerable<float> scores)
    {
        var revision = int.Parse(clip.Title, CultureInfo.InvariantCulture);
        Assert.Equal(Enumerable.Range(0, ScenesOf(revision)), scenes.Order());
        Assert.All(scores, score => Assert.Equal((float)CosineOf(revision), score, CosineTolerance));
    }
}
