using System.Net;
using System.Text.Json.Nodes;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Api.Tests;

/// <summary>Which clips take part in lists, searches and matches, by every parameter that says so.</summary>
public sealed class FilterTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private static readonly byte[] Zoom = File.ReadAllBytes(Fixtures.Clip("zoom_640x360_25fps_10s.mp4"));
    private static readonly string[] Directions = ["audio-to-video", "video-to-audio", "similar"];

    /// <summary>Ids, metadata, and a tag of each; all of one content, so that only the parameters tell them apart.</summary>
    private static readonly (string Id, string Tag, string Metadata)[] Clips =
    [
        ("asking", "none", "{}"),
        ("paris", "city", """{"place":"Paris","year":2004,"camera":{"model":"X"},"recorded":"2024-03-01"}"""),
        ("rome", "city", """{"place":"Rome","year":2010,"camera":{"model":"Y"},"recorded":"2023-03-01"}"""),
        ("alps", "nature", """{"place":["Alps","Paris"],"year":2021}"""),
    ];

    [Theory]
    [InlineData("""{"place":"Paris"}""", null, "alps", "paris")]
    [InlineData("""{"place":"Paris"}""", "city", "paris")]
    [InlineData("""{"year":{"gte":2004,"lt":2021}}""", null, "paris", "rome")]
    [InlineData("""{"place":{"in":["Rome","Alps"]},"year":{"gt":2015}}""", null, "alps")]
    [InlineData("""{"camera.model":"Y"}""", null, "rome")]
    [InlineData("""{"recorded":{"gte":"2024-01-01"}}""", null, "paris")]
    [InlineData("""{"missing":1}""", null)]
    [InlineData("{}", "nature", "alps")]
    public async Task Filter_OnMetadataAndTag_HoldsEverywhere(string filter, string? tag, params string[] expected)
    {
        await FillAsync();
        string query = $"filter={Uri.EscapeDataString(filter)}&limit=50" + (tag is null ? "" : $"&tag={tag}");

        JsonNode list = await fixture.Client.GetJsonAsync($"api/v1/clips?{query}");
        Assert.Equal(expected, list["items"]!.AsArray().Select(clip => (string)clip!["id"]!).Order(StringComparer.Ordinal));
        foreach (string direction in Directions)
        {
            Assert.Equal(expected, Ids(await MatchesAsync(direction, query)));
            using HttpResponseMessage found = await fixture.Client.PostFileAsync($"api/v1/search/{direction}?{query}", Zoom);
            Assert.Equal(expected, Ids(await found.JsonAsync()));
        }
    }

    [Fact]
    public async Task Search_MinScoreAndGroupBy_HoldInEveryDirection()
    {
        await FillAsync();
        foreach (string direction in Directions)
        {
            float best = (float)(await MatchesAsync(direction, "limit=1"))["hits"]![0]!["score"]!;
            string justBelow = MathF.BitDecrement(MathF.Max(best, -0.999f)).ToString("R", System.Globalization.CultureInfo.InvariantCulture);
            foreach (string group in (string[])["clip", "scene"])
            {
                Assert.Equal(3, Ids(await MatchesAsync(direction, $"minScore={justBelow}&groupBy={group}")).Length);
                using HttpResponseMessage found = await fixture.Client.PostFileAsync($"api/v1/search/{direction}?minScore={justBelow}&groupBy={group}", Zoom);
                Assert.Equal(4, Ids(await found.JsonAsync()).Length);
            }
            if (best < 1)
                Assert.Empty(Ids(await MatchesAsync(direction, "minScore=1")));
        }
    }

    [Fact]
    public async Task List_FilterPageByPage_GivesEachClipOnceAndRefusesAChangedCursor()
    {
        await FillAsync();
        string query = $"api/v1/clips?limit=1&filter={Uri.EscapeDataString("""{"year":{"gte":2000}}""")}";
        List<string> ids = [];
        string? cursor = null;
        do
        {
            JsonNode page = await fixture.Client.GetJsonAsync(query + (cursor is null ? "" : $"&cursor={cursor}"));
            ids.Add((string)Assert.Single(page["items"]!.AsArray())!["id"]!);
            if ((string?)page["nextCursor"] is { } next)
            {
                string changed = (next[0] == 'B' ? 'C' : 'B') + next[1..];
                using HttpResponseMessage refused = await fixture.Client.GetAsync(new Uri($"{query}&cursor={changed}", UriKind.Relative), TestContext.Current.CancellationToken);
                Assert.Contains("cursor", await refused.ProblemAsync(400), StringComparison.Ordinal);
            }
            cursor = (string?)page["nextCursor"];
        }
        while (cursor is not null);
        Assert.Equal(["paris", "rome", "alps"], ids);
    }

    public static TheoryData<string, string> BadFilters => new()
    {
        { "", "JSON" },
        { "place=Paris", "JSON" },
        { "[]", "object" },
        { """{"year":{"above":2000}}""", "unknown operator 'above'" },
        { """{"year":{"gt":1,"lt":"2024-01-01"}}""", "'year' mixes" },
        { """{"year":{"gt":5,"lt":1}}""", "nothing lies" },
        { """{"year":null}""", "null" },
        { "{\"a\":\"\\ud800\"}", "Unicode" },
        { "{\"a\":\"\0\"}", "JSON" },
        { new string('[', 3000), "JSON" },
        { "{\"a\":\"" + new string('x', 5000) + "\"}", "4096" },
        { "{\"a\":\"" + new string('é', 9000) + "\"}", "4096" },
        { "{\"a\":{\"in\":[" + string.Join(',', Enumerable.Range(0, 200)) + "]}}", "1 to 100" },
        { "'; DROP TABLE clips; --", "JSON" },
    };

    [Theory]
    [MemberData(nameof(BadFilters))]
    public async Task Filter_Bad_IsRefusedSayingWhy(string filter, string words)
    {
        string query = "filter=" + Uri.EscapeDataString(filter);
        foreach (string address in (string[])[$"api/v1/clips?{query}", $"api/v1/clips/nobody/matches?{query}"])
        {
            using HttpResponseMessage response = await fixture.Client.GetAsync(new Uri(address, UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Contains(words, await response.ProblemAsync(400), StringComparison.Ordinal);
        }
        foreach (string direction in Directions)
        {
            using HttpResponseMessage response = await fixture.Client.PostFileAsync($"api/v1/search/{direction}?{query}", Zoom);
            Assert.Contains(words, await response.ProblemAsync(400), StringComparison.Ordinal);
        }
    }

    /// <summary>Raw, as no well-behaved client would send them: bytes that are no UTF-8, escapes cut off, the parameter twice.</summary>
    [Theory]
    [InlineData("filter=%FF%FE")]
    [InlineData("filter=%ED%A0%80")]
    [InlineData("filter={%22a%22:%22%ED%A0%80%22}&limit=5")]
    [InlineData("filter=%7B%22a%22%3A%")]
    [InlineData("filter={}&filter={}")]
    [InlineData("filter=%00")]
    public async Task Filter_HostileBytes_NeverAServerError(string query)
    {
        using HttpResponseMessage response = await fixture.Client.GetAsync(new Uri($"api/v1/clips?{query}", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest, $"{(int)response.StatusCode}");
    }

    private async Task<JsonNode> MatchesAsync(string direction, string query) =>
        await fixture.Client.GetJsonAsync($"api/v1/clips/asking/matches?direction={direction}&{query}");

    /// <summary>In order, since hits of one content have one score and ties go by id.</summary>
    private static string[] Ids(JsonNode answer) => [.. answer["hits"]!.AsArray().Select(hit => (string)hit!["clip"]!["id"]!)];

    private async Task FillAsync()
    {
        foreach ((string id, string tag, string metadata) in Clips)
        {
            // The second test finds them there: the same id and content again give the stored clip.
            using HttpResponseMessage response = await fixture.Client.PostFileAsync("api/v1/clips", Zoom, ("id", id), ("tag", tag), ("metadata", metadata));
            Assert.True(response.StatusCode is HttpStatusCode.Created or HttpStatusCode.OK, $"{(int)response.StatusCode}");
        }
    }
}
