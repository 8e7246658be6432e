using System.Text.Json.Nodes;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Search;

namespace CavMae.Retrieval.Tests.Index;

public abstract partial class SceneIndexContract
{
    private static readonly Dictionary<string, string> FilteredClips = new()
    {
        ["paris"] = """{"place": "Paris", "year": 2004, "wide": true, "camera": {"model": "X", "lens.mm": 35}, "recorded": "2024-03-01T00:30:00+01:00"}""",
        ["rome"] = """{"place": "Rome", "year": 2010.0, "wide": false, "camera": {"model": "Y"}, "recorded": "2024-02-29"}""",
        ["list"] = """{"place": ["Rome", "Paris"], "year": [1999, "2004", 2021], "recorded": ["2023-01-01", "2024-03-01T00:00:00Z"]}""",
        ["texts"] = """{"place": "paris", "year": "2004", "wide": "true", "camera": "X", "camera.model": "X", "recorded": "yesterday"}""",
        ["nested too deep"] = """{"place": {"name": "Paris"}, "year": {"value": 2004}, "camera": {"model": {"name": "X"}}, "recorded": 2024}""",
        ["nulls"] = """{"place": null, "year": null, "wide": null, "camera": null, "recorded": null}""",
        ["empty"] = "{}",
        ["numbers"] = """{"year": -0.5, "big": 12345678901234567890, "huge": 1e400, "zero": 0}""",
        ["odd names"] = """{"": 1, "a\"b'c": "x", "Grüße 🎬": "ja", "a\\b": true}""",
    };

    [Theory]
    [InlineData("""{"place": "Paris"}""", "paris", "list")]
    [InlineData("""{"place": {"in": ["Rome", "Oslo"]}}""", "rome", "list")]
    [InlineData("""{"year": 2004}""", "paris")]
    [InlineData("""{"year": 2004.0}""", "paris")]
    [InlineData("""{"year": "2004"}""", "list", "texts")]
    [InlineData("""{"year": {"in": [2010, "2004", true]}}""", "rome", "list", "texts")]
    [InlineData("""{"wide": true}""", "paris")]
    [InlineData("""{"wide": false}""", "rome")]
    [InlineData("""{"year": {"gte": 2004, "lt": 2010}}""", "paris")]
    [InlineData("""{"year": {"gt": 2004, "lte": 2010}}""", "rome")]
    [InlineData("""{"year": {"gte": 2004}}""", "paris", "rome", "list")]
    [InlineData("""{"year": {"lt": 0}}""", "numbers")]
    [InlineData("""{"zero": {"gte": -0.0, "lte": 0}}""", "numbers")]
    [InlineData("""{"big": {"gt": 12345678901234500000}}""", "numbers")]
    [InlineData("""{"huge": {"gt": 0}}""")]
    [InlineData("""{"camera.model": "X"}""", "paris")]
    [InlineData("""{"camera\\.model": "X"}""", "texts")]
    [InlineData("""{"camera.lens\\.mm": {"gte": 35, "lte": 35}}""", "paris")]
    [InlineData("""{"camera": "X"}""", "texts")]
    [InlineData("""{"camera.model.name": "X"}""", "nested too deep")]
    [InlineData("""{"recorded": {"gte": "2024-02-29T23:30:00Z"}}""", "paris", "list")]
    [InlineData("""{"recorded": {"gt": "2024-02-29T23:30:00Z"}}""", "list")]
    [InlineData("""{"recorded": {"gte": "2024-02-29", "lt": "2024-03-01"}}""", "paris", "rome")]
    [InlineData("""{"recorded": {"lt": "2024-01-01T00:00:00-05:00"}}""", "list")]
    [InlineData("""{"recorded": "2024-02-29"}""", "rome")]
    [InlineData("""{"nothing": "x"}""")]
    [InlineData("""{"nothing": {"lt": 5}}""")]
    [InlineData("""{"a\"b'c": "x"}""", "odd names")]
    [InlineData("""{"Grüße 🎬": "ja"}""", "odd names")]
    [InlineData("""{"a\\\\b": true}""", "odd names")]
    [InlineData("""{"place": "Paris", "year": {"gte": 2000}}""", "paris", "list")]
    [InlineData("""{"place": "Paris", "wide": true, "year": 2005}""")]
    public async Task Filter_OnMetadata_HoldsInListAndSearch(string filter, params string[] expected)
    {
        await using var index = await OpenAsync(Cancellation);
        var scenes = TestClips.Scenes(new Random(1), 2);
        foreach (var (id, metadata) in FilteredClips)
            await index.UpsertAsync(TestClips.Record(id, scenes, metadata: (JsonObject)JsonNode.Parse(metadata)!), scenes, Cancellation);
        var conditions = new ClipFilter { Conditions = ClipFilterParser.Parse(filter) };

        Assert.Equal(expected, FilteredClips.Where(clip => conditions.Matches([], (JsonObject)JsonNode.Parse(clip.Value)!)).Select(clip => clip.Key));
        Assert.Equal(expected, await ListAllAsync(index, conditions, 2));
        var hits = await index.SearchAsync(Query(Pairings.All, scenes) with { Filter = conditions, Limit = 100 }, Cancellation);
        Assert.Equal(expected.Order(StringComparer.Ordinal), hits.Select(hit => hit.Clip.Id).Order(StringComparer.Ordinal));
        var all = await index.SearchAsync(Query(Pairings.All, scenes) with { Filter = conditions, Limit = 100, Grouping = Grouping.Scene }, Cancellation);
        Assert.Equal(2 * expected.Length, all.Count);
    }

    [Fact]
    public async Task Search_RandomFilters_EqualsSlowOracle()
    {
        await using var index = await OpenAsync(Cancellation);
        var random = new Random(20260202);
        var store = new List<(ClipRecord Clip, IReadOnlyList<SceneEmbedding> Scenes)>();
        for (var i = 0; i < 80; i++)
        {
            var scenes = TestClips.Scenes(random, random.Next(6), missing: 0.2);
            var clip = TestClips.Record($"clip-{i}", scenes, [i % 2 == 0 ? "even" : "odd"], metadata: RandomMetadata(random));
            await index.UpsertAsync(clip, scenes, Cancellation);
            store.Add((clip, scenes));
        }
        for (var i = 0; i < 100; i++)
        {
            var filter = new ClipFilter
            {
                Tags = random.Next(3) == 0 ? ["even"] : [],
                Conditions = [.. Enumerable.Range(0, random.Next(3)).Select(_ => RandomCondition(random))],
            };
            var query = new IndexQuery { Scenes = TestClips.Scenes(random, 2), Pairings = Pairings.All, Grouping = (Grouping)(i % 2), Limit = 100, Filter = filter };
            AssertHits(SearchOracle.Search(store, query), await index.SearchAsync(query, Cancellation), query);
            Assert.Equal(store.Where(item => filter.Matches(item.Clip.Tags, item.Clip.Metadata)).Select(item => item.Clip.Id), await ListAllAsync(index, filter, 7));
        }
    }

    [Fact]
    public async Task Filter_BadCondition_Throws()
    {
        await using var index = await OpenAsync(Cancellation);
        MetadataCondition[] bad =
        [
            new MetadataIsOneOf([], [JsonValue.Create(1)]),
            new MetadataIsOneOf(["a"], []),
            new MetadataIsOneOf(["\ud800"], [JsonValue.Create(1)]),
            new MetadataNumberRange(["a"], new Bounds<double>()),
            new MetadataDateRange(["a"], new Bounds<DateTimeOffset>()),
        ];
        foreach (var condition in bad)
        {
            var filter = new ClipFilter { Conditions = [condition] };
            await Assert.ThrowsAnyAsync<ArgumentException>(() => index.ListAsync(filter, null, 10, Cancellation));
            await Assert.ThrowsAnyAsync<ArgumentException>(() => index.SearchAsync(Query(Pairings.All, TestClips.Scenes(new Random(1), 1)) with { Filter = filter }, Cancellation));
        }
    }

    private static JsonObject RandomMetadata(Random random)
    {
        var metadata = new JsonObject();
        if (random.Next(4) > 0)
            metadata["kind"] = random.Next(3) switch { 0 => "a", 1 => "b", _ => new JsonArray("a", "c") };
        if (random.Next(4) > 0)
            metadata["year"] = 2000 + random.Next(20);
        if (random.Next(2) > 0)
            metadata["at"] = new JsonObject { ["day"] = $"2024-01-{random.Next(1, 29):00}", ["open"] = random.Next(2) == 0 };
        return metadata;
    }

    private static MetadataCondition RandomCondition(Random random)
    {
        var year = 2000 + random.Next(20);
        var day = new DateTimeOffset(2024, 1, random.Next(1, 29), 0, 0, 0, TimeSpan.Zero);
        return random.Next(6) switch
        {
            0 => new MetadataIsOneOf(["kind"], [JsonValue.Create(random.Next(2) == 0 ? "a" : "b")]),
            1 => new MetadataIsOneOf(["kind"], [JsonValue.Create("b"), JsonValue.Create("c")]),
            2 => new MetadataIsOneOf(["year"], [JsonValue.Create(year), JsonValue.Create(year + 1)]),
            3 => new MetadataNumberRange(["year"], new Bounds<double> { AtLeast = year, LessThan = year + 5 }),
            4 => new MetadataDateRange(["at", "day"], new Bounds<DateTimeOffset> { GreaterThan = day, AtMost = day.AddDays(9) }),
            _ => new MetadataIsOneOf(["at", "open"], [JsonValue.Create(true)]),
        };
    }
}
