using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Tests.Index.Qdrant;

/// <summary>How deep a search by the graph looks.</summary>
public sealed class QdrantGraphSearchTests : IDisposable
{
    /// <summary>Far more than a search asks for at first.</summary>
    private const int Clips = 150;

    private readonly FakeQdrant server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        server.Dispose();
        Assert.True(server.Violations.IsEmpty, string.Join('\n', server.Violations));
    }

    [Theory]
    [InlineData(Pairings.AudioToAudio, Grouping.Clip)]
    [InlineData(Pairings.AudioToAudio, Grouping.Scene)]
    [InlineData(Pairings.All, Grouping.Clip)]
    [InlineData(Pairings.All, Grouping.Scene)]
    public async Task Search_ScoresEndBelowMinScore_AsksOnce(Pairings pairings, Grouping grouping)
    {
        await using var index = await FillAsync();
        var axis = TestClips.Scene(0, TestClips.AtCosine(1), TestClips.AtCosine(1));
        var query = new IndexQuery { Scenes = [axis], Pairings = pairings, Grouping = grouping, Limit = 10, MinScore = ScoreOf(2) - 1e-4f };
        var before = server.Requests.Count;

        var hits = await index.SearchAsync(query, Cancellation);

        Assert.Equal(["clip-0", "clip-1", "clip-2"], hits.Select(hit => hit.Clip.Id));
        Assert.Single(server.Requests.Skip(before), request => request.Operation.StartsWith("POST points/query", StringComparison.Ordinal));
    }

    /// <summary>The other way round: while scores reach what is asked for, the search goes on, to the end if need be.</summary>
    [Fact]
    public async Task Search_FilterLeavesFewCandidates_LooksDeeperForThem()
    {
        await using var index = await FillAsync();
        var axis = TestClips.Scene(0, TestClips.AtCosine(1), null);
        var query = new IndexQuery { Scenes = [axis], Pairings = Pairings.AudioToAudio, Grouping = Grouping.Scene, Limit = 100, MinScore = ScoreOf(139) - 1e-4f };
        Assert.Equal(100, (await index.SearchAsync(query, Cancellation)).Count);
        // Qdrant has no words for this key: it gives all clips, of which few are left.
        var filter = new ClipFilter { Conditions = [new MetadataIsOneOf(["a\"b"], [System.Text.Json.Nodes.JsonValue.Create(9)])] };
        var hits = await index.SearchAsync(query with { Filter = filter }, Cancellation);
        Assert.Equal(Enumerable.Range(0, 14).Select(i => $"clip-{(10 * i) + 9}"), hits.Select(hit => hit.Clip.Id));
    }

    private static float ScoreOf(int clip) => 0.99f - (0.006f * clip);

    private async Task<QdrantIndex> FillAsync()
    {
        var index = await QdrantIndex.OpenAsync(new QdrantIndexOptions { Url = server.Url, ExactSearch = false }, TestClips.ModelId, TestClips.Dimension, cancellationToken: Cancellation);
        for (var i = 0; i < Clips; i++)
        {
            SceneEmbedding[] scenes = [TestClips.Scene(0, TestClips.AtCosine(ScoreOf(i)), TestClips.AtCosine(ScoreOf(i)))];
            await index.UpsertAsync(TestClips.Record($"clip-{i}", scenes, metadata: new() { ["a\"b"] = i % 10 }), scenes, Cancellation);
        }
        return index;
    }
}
