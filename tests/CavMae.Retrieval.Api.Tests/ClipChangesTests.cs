using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Api.Tests;

/// <summary>PATCH of a stored clip: what it changes, what it leaves, and what it refuses.</summary>
public sealed class ClipChangesTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private static readonly byte[] Zoom = File.ReadAllBytes(Fixtures.Clip("zoom_640x360_25fps_10s.mp4"));

    [Fact]
    public async Task Patch_EachField_ChangesItAloneAndIsSeenBySearches()
    {
        JsonNode clip = await UploadAsync("patched");

        clip["title"] = "Neu 🎬";
        await AssertPatchAsync("""{"title":"Neu 🎬"}""");
        clip["tags"] = new JsonArray("b", "a");
        await AssertPatchAsync("""{"tags":["b","a","b"]}""");
        clip["metadata"] = JsonNode.Parse("""{"year":2024,"deep":{"x":[1,null]}}""");
        await AssertPatchAsync("""{"metadata":{"year":2024,"deep":{"x":[1,null]}}}""");
        // The whole metadata is replaced, not merged.
        clip["metadata"] = JsonNode.Parse("""{"place":"Rome"}""");
        await AssertPatchAsync("""{"metadata":{"place":"Rome"}}""");
        await AssertPatchAsync("{}");
        JsonNode found = await fixture.Client.GetJsonAsync($"api/v1/clips?tag=b&filter={Uri.EscapeDataString("""{"place":"Rome"}""")}");
        Assert.Equal("patched", (string?)Assert.Single(found["items"]!.AsArray())!["id"]);
        using HttpResponseMessage search = await fixture.Client.PostFileAsync("api/v1/search/similar?tag=b", Zoom);
        Assert.Equal("Neu 🎬", (string?)(await search.JsonAsync())["hits"]![0]!["clip"]!["title"]);
        (clip["title"], clip["tags"], clip["metadata"]) = ("", new JsonArray(), new JsonObject());
        await AssertPatchAsync("""{"title":null,"tags":null,"metadata":null}""");

        async Task AssertPatchAsync(string body)
        {
            using HttpResponseMessage response = await PatchAsync("patched", body);
            Assert.True(JsonNode.DeepEquals(clip, await response.JsonAsync()), body);
            Assert.True(JsonNode.DeepEquals(clip, await fixture.Client.GetJsonAsync("api/v1/clips/patched")), body);
        }
    }

    public static TheoryData<string, int, string> Refused => new()
    {
        { "", 400, "JSON" },
        { "{", 400, "JSON" },
        { "null", 400, "object" },
        { "[]", 400, "object" },
        { """{"titel":"x"}""", 400, "'titel'" },
        { """{"id":"other"}""", 400, "'id'" },
        { """{"title":"a","title":"b"}""", 400, "title" },
        { """{"title":7}""", 400, "'title'" },
        { "{\"title\":\"" + new string('x', 1001) + "\"}", 400, "1000" },
        { "{\"title\":\"\\u0000\"}", 400, "'title'" },
        { "{\"title\":\"\\ud800\"}", 400, "Unicode" },
        { """{"tags":"a"}""", 400, "'tags'" },
        { """{"tags":["a",1]}""", 400, "'tags'" },
        { """{"tags":[""]}""", 400, "'tag'" },
        { "{\"tags\":[\"" + new string('x', 101) + "\"]}", 400, "100" },
        { "{\"tags\":[" + string.Join(',', Enumerable.Range(0, 10_000).Select(i => $"\"t{i}\"")) + "]}", 400, "10000 tags" },
        { """{"metadata":[1]}""", 400, "'metadata'" },
        { """{"metadata":"{}"}""", 400, "'metadata'" },
        { """{"metadata":{"a":1,"a":2}}""", 400, "a" },
        { "{\"metadata\":{\"a\":\"\\ud800\"}}", 400, "Unicode" },
        { "{\"metadata\":{\"\\ud800\":1}}", 400, "Unicode" },
        { "{\"metadata\":" + string.Concat(Enumerable.Repeat("{\"a\":", 40)) + "1" + new string('}', 41), 400, "'metadata'" },
        { "{\"metadata\":{\"a\":\"" + new string('x', 1_000_000) + "\"}}", 413, "Api:MaxFormBytes" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Patch_BadBody_IsRefusedAndChangesNothing(string body, int status, string words)
    {
        JsonNode before = await UploadAsync("unchanged");
        using HttpResponseMessage response = await PatchAsync("unchanged", body);
        Assert.Contains(words, await response.ProblemAsync(status), StringComparison.Ordinal);
        Assert.True(JsonNode.DeepEquals(before, await fixture.Client.GetJsonAsync("api/v1/clips/unchanged")));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/merge-patch+json")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData(null)]
    public async Task Patch_OtherContentType_Is415(string? contentType)
    {
        await UploadAsync("typed");
        using HttpResponseMessage response = await PatchAsync("typed", """{"title":"x"}""", contentType);
        Assert.Contains("application/json", await response.ProblemAsync(415), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Patch_UnknownClip_Is404()
    {
        using HttpResponseMessage response = await PatchAsync("nobody", """{"title":"x"}""");
        Assert.Contains("nobody", await response.ProblemAsync(404), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upload_TenThousandTags_IsRefusedClearly()
    {
        using HttpResponseMessage response = await fixture.Client.PostFileAsync("api/v1/clips", Zoom, [.. Enumerable.Range(0, 10_000).Select(i => ("tag", $"t{i}"))]);
        Assert.Contains("more than 256 parts", await response.ProblemAsync(400), StringComparison.Ordinal);
    }

    private async Task<JsonNode> UploadAsync(string id)
    {
        using HttpResponseMessage response = await fixture.Client.PostFileAsync("api/v1/clips", Zoom, ("id", id), ("title", "Zoom"), ("tag", "old"), ("metadata", """{"reel":12}"""));
        return await response.JsonAsync(response.StatusCode is HttpStatusCode.OK ? 200 : 201);
    }

    private async Task<HttpResponseMessage> PatchAsync(string id, string body, string? contentType = "application/json")
    {
        using ByteArrayContent content = new(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        return await fixture.Client.PatchAsync(new Uri($"api/v1/clips/{id}", UriKind.Relative), content, TestContext.Current.CancellationToken);
    }
}
