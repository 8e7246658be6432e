using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Ingest;
using CavMae.Retrieval.Media;
using CavMae.Retrieval.Search;
using CavMae.Retrieval.Tests.Index;
using CavMae.Retrieval.Tests.Index.Qdrant;
using CavMae.Tests.Shared;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Tests.Ingest;

/// <summary>
/// A library goes from the embedded store to Qdrant and back into another embedded store, by export and import: all three answer alike, clip for
/// clip and score for score.
/// </summary>
public sealed class TransferBetweenStoresTests(ITestOutputHelper output) : IDisposable
{
    private const int Clips = 60;
    private const int Queries = 100;

    /// <summary>The embedded store adds up in float32, the other in double precision from vectors that Qdrant made of unit length once more.</summary>
    private const float ScoreTolerance = 1e-5f;

    private static readonly Pairings[] Directions = [Pairings.AudioToVisual, Pairings.VisualToAudio, Pairings.All];

    /// <summary>Tags and conditions on metadata, as a client sends them; each holds for some clips and not for others.</summary>
    private static readonly (string[] Tags, string Conditions)[] Filters =
    [
        ([], "{}"),
        (["even"], "{}"),
        (["even", "third"], "{}"),
        ([], """{"place": "Rome"}"""),
        ([], """{"place": {"in": ["Oslo", "Paris"]}}"""),
        ([], """{"camera.lens\\.mm": {"gte": 20, "lt": 60.5}}"""),
        ([], """{"recorded": {"gt": "2024-01-10", "lte": "2024-02-15T12:00:00+02:00"}}"""),
        (["third"], """{"place": {"in": ["Rome", "Oslo"]}, "camera.lens\\.mm": {"gt": 10}}"""),
    ];

    private readonly TemporaryFolder folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Import_FromEmbeddedToTestServerAndBack_AnswersAreTheSame()
    {
        using var server = new FakeQdrant();
        await TransferAsync(server.Url, "cavmae");
        Assert.True(server.Violations.IsEmpty, string.Join('\n', server.Violations));
    }

    [Fact]
    public async Task Import_FromEmbeddedToQdrantAndBack_AnswersAreTheSame()
    {
        var url = await QdrantServer.RequireUrlAsync();
        var collection = $"cavmae-test-{Guid.NewGuid():N}";
        try
        {
            await TransferAsync(url, collection);
        }
        finally
        {
            await QdrantServer.RemoveAsync(url, collection);
        }
    }

    private async Task TransferAsync(string url, string collection)
    {
        using var sourceData = DataFolder.Open(folder.File("source"));
        using var otherData = DataFolder.Open(folder.File("other"));
        using var backData = DataFolder.Open(folder.File("back"));
        await using ISceneIndex source = await EmbeddedIndex.OpenAsync(sourceData, TestClips.ModelId, TestClips.Dimension, cancellationToken: Cancellation);
        await using ISceneIndex qdrant = await QdrantIndex.OpenAsync(new QdrantIndexOptions { Url = url, Collection = collection }, TestClips.ModelId, TestClips.Dimension, cancellationToken: Cancellation);
        await using ISceneIndex back = await EmbeddedIndex.OpenAsync(backData, TestClips.ModelId, TestClips.Dimension, cancellationToken: Cancellation);
        await FillAsync(source);

        await MoveAsync("export", source, sourceData, qdrant, otherData);
        await MoveAsync("second-export", qdrant, otherData, back, backData);

        await AssertSameClipsAsync(source, qdrant);
        await AssertSameClipsAsync(source, back);
        IndexQuery[] queries = [.. MakeQueries()];
        List<IReadOnlyList<IndexHit>> expected = [.. await AskAsync(source, queries)], there = [.. await AskAsync(qdrant, queries)], again = [.. await AskAsync(back, queries)];
        var (largestThere, largestBack) = (AssertSameAnswers(queries, expected, there), AssertSameAnswers(queries, expected, again));
        // Of queries without an answer there is nothing to compare.
        Assert.InRange(expected.Count(hits => hits.Count > 0), Queries * 3 / 4, Queries);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Queries} queries, {expected.Sum(hits => hits.Count)} hits: scores differ by {largestThere:g3} at most in Qdrant, and by {largestBack:g3} back in the embedded store."));
    }

    private async Task MoveAsync(string name, ISceneIndex from, DataFolder fromData, ISceneIndex to, DataFolder toData)
    {
        var export = folder.File(name);
        await new LibraryExporter(from, Media(fromData), TimeProvider.System).ExportAsync(export, TestClips.ModelId, TestClips.Dimension, false, null, Cancellation);
        Assert.Equal(new ImportResult(Clips, 0, 0, Clips), await new LibraryImporter(to, Media(toData), new MediaChanges(toData, Media(toData), NullLogger<MediaChanges>.Instance)).ImportAsync(export, TestClips.ModelId, TestClips.Dimension, false, null, Cancellation));
    }

    private static async Task AssertSameClipsAsync(ISceneIndex one, ISceneIndex other)
    {
        Assert.Equal(await one.CountAsync(Cancellation), await other.CountAsync(Cancellation));
        var (expected, actual) = (await one.ListAllAsync(ClipFilter.None, Cancellation).ToListAsync(Cancellation), await other.ListAllAsync(ClipFilter.None, Cancellation).ToListAsync(Cancellation));
        Assert.Equal(Clips, expected.Count);
        Assert.Equal(Clips, actual.Count);
        foreach (var (clip, same) in expected.Zip(actual))
            TestClips.AssertSame(clip, same);
    }

    private static async Task<IReadOnlyList<IndexHit>[]> AskAsync(ISceneIndex index, IndexQuery[] queries)
    {
        var answers = new IReadOnlyList<IndexHit>[queries.Length];
        for (var i = 0; i < queries.Length; i++)
            answers[i] = await index.SearchAsync(queries[i], Cancellation);
        return answers;
    }

    /// <returns>The largest difference of two scores or cosines.</returns>
    private static float AssertSameAnswers(IndexQuery[] queries, List<IReadOnlyList<IndexHit>> expected, List<IReadOnlyList<IndexHit>> actual)
    {
        var largest = 0f;
        for (var i = 0; i < queries.Length; i++)
        {
            var (want, found) = (expected[i], actual[i]);
            Assert.True(want.Select(Name).SequenceEqual(found.Select(Name)), $"query {i}, {queries[i]}:\n{string.Join(' ', want.Select(Name))}\nagainst\n{string.Join(' ', found.Select(Name))}");
            for (var j = 0; j < want.Count; j++)
            {
                foreach (var (one, other) in Numbers(want[j]).Zip(Numbers(found[j])))
                {
                    Assert.Equal(one is null, other is null);
                    largest = Math.Max(largest, Math.Abs((one ?? 0) - (other ?? 0)));
                }
                Assert.True(largest <= ScoreTolerance, $"query {i}, hit {j}: {want[j]} against {found[j]}");
            }
        }
        return largest;

        static (string, int, int) Name(IndexHit hit) => (hit.Clip.Id, hit.Scene.Index, hit.QueryScene);
        static float?[] Numbers(IndexHit hit) => [hit.Score, hit.Parts.AudioToVisual, hit.Parts.VisualToAudio, hit.Parts.AudioToAudio, hit.Parts.VisualToVisual];
    }

    /// <summary>Every filter with every direction and grouping, four times and a bit; limits and least scores by chance.</summary>
    private static IEnumerable<IndexQuery> MakeQueries()
    {
        var random = new Random(100);
        for (var i = 0; i < Queries; i++)
        {
            var filter = Filters[i % Filters.Length];
            yield return new IndexQuery
            {
                Scenes = TestClips.Scenes(random, random.Next(1, 4), missing: i % 10 == 9 ? 0.3 : 0),
                Pairings = Directions[i / Filters.Length % Directions.Length],
                Grouping = (i / (Filters.Length * Directions.Length) % 2) == 0 ? Grouping.Clip : Grouping.Scene,
                Limit = random.Next(4) switch { 0 => 1, 1 => 10, 2 => 100, _ => random.Next(1, 101) },
                MinScore = random.Next(3) switch { 0 => null, 1 => 0, _ => 0.2f },
                Filter = new ClipFilter { Tags = filter.Tags, Conditions = ClipFilterParser.Parse(filter.Conditions) },
                ExcludedClipId = i % 5 == 4 ? Id(random.Next(Clips)) : null,
            };
        }
    }

    /// <summary>Clips of one to six scenes: a third with sound alone, a third with pictures alone, a third with both. Every tenth is the one before under another id: equal scores.</summary>
    private static async Task FillAsync(ISceneIndex index)
    {
        var random = new Random(60);
        SceneEmbedding[] scenes = [];
        string[] places = ["Rome", "Paris", "Oslo", "Grüße 🎬"];
        for (var i = 0; i < Clips; i++)
        {
            if (i % 10 != 9)
                scenes = [.. Enumerable.Range(0, random.Next(1, 7)).Select(scene => TestClips.Scene(scene, i % 3 == 1 ? null : EncodedVector(random), i % 3 == 0 ? null : EncodedVector(random)))];
            string[] tags = [i % 2 == 0 ? "even" : "odd", .. i % 3 == 0 ? (string[])["third"] : []];
            var metadata = new JsonObject
            {
                ["place"] = i % 7 == 0 ? new JsonArray("Rome", "Paris") : places[i % 4],
                ["camera"] = new JsonObject { ["lens.mm"] = i % 8 == 0 ? null : 1.5 * i },
                ["recorded"] = new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddHours(20 * i).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            };
            await index.UpsertAsync(TestClips.Record(Id(i), scenes, tags, Hash(Id(i)), metadata), scenes, Cancellation);
        }
    }

    /// <summary>Of unit length as nearly as an encoder makes it, in float32.</summary>
    private static float[] EncodedVector(Random random)
    {
        var length = 1 + (8e-7 * (random.NextDouble() - 0.5));
        return [.. TestClips.UnitVector(random).Select(x => (float)(length * x))];
    }

    private static string Id(int clip) => string.Create(CultureInfo.InvariantCulture, $"clip-{clip}");

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static MediaStore Media(DataFolder data) => new(data, Options.Create(new MediaOptions()));
}
