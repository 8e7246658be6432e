using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Api.Tests;

/// <summary>A clip's life over HTTP: added, found, listed, played, replaced, removed.</summary>
public sealed class ClipLifecycleTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private static readonly byte[] Bars = File.ReadAllBytes(Fixtures.Clip("bars_480x854_29.97fps_12.3s.mp4"));
    private static readonly byte[] Zoom = File.ReadAllBytes(Fixtures.Clip("zoom_640x360_25fps_10s.mp4"));

    private HttpClient Client => fixture.Client;

    [Fact]
    public async Task Upload_NewClip_IsCreatedWithScenesAndFields()
    {
        using HttpResponseMessage response = await Client.PostFileAsync("api/v1/clips", Bars,
            ("id", "bars-1"), ("title", "Bars"), ("tag", "test"), ("tag", "bars"), ("tag", "test"), ("metadata", """{"reel":12,"nested":{"a":[1,null,"ä"]}}"""));

        JsonNode clip = await response.JsonAsync(201);
        Assert.Equal("/api/v1/clips/bars-1", response.Headers.Location?.ToString());
        Assert.Equal("Bars", (string?)clip["title"]);
        Assert.Equal(["test", "bars"], clip["tags"]!.AsArray().Select(t => (string)t!));
        Assert.Equal("""{"reel":12,"nested":{"a":[1,null,"ä"]}}""", clip["metadata"]!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        Assert.Equal((480, 854), ((int)clip["width"]!, (int)clip["height"]!));
        Assert.Equal(29.97, (double)clip["frameRate"]!, 0.01);
        Assert.Equal(12.3, (double)clip["durationSeconds"]!, 0.1);
        Assert.Equal(Bars.Length, (int)clip["sizeBytes"]!);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Bars)), (string?)clip["sha256"]);
        Assert.Equal([0.0, 10.0], clip["scenes"]!.AsArray().Select(s => (double)s!["startSeconds"]!));
        Assert.All(clip["scenes"]!.AsArray(), s => Assert.True((bool)s!["hasAudio"]! && (bool)s["hasVideo"]!));
        Assert.Equal(clip.ToJsonString(), (await Client.GetJsonAsync("api/v1/clips/bars-1")).ToJsonString());
    }

    [Fact]
    public async Task Upload_SameContentAgain_GivesTheStoredClip()
    {
        using HttpResponseMessage first = await Client.PostFileAsync("api/v1/clips", Zoom);
        Assert.True(first.StatusCode is HttpStatusCode.Created or HttpStatusCode.OK);
        string id = (string)JsonNode.Parse(await first.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["id"]!;

        using HttpResponseMessage again = await Client.PostFileAsync("api/v1/clips", Zoom, ("title", "another"));
        Assert.Equal(id, (string?)(await again.JsonAsync())["id"]);
        using HttpResponseMessage sameId = await Client.PostFileAsync("api/v1/clips", Zoom, ("id", id));
        Assert.Equal(id, (string?)(await sameId.JsonAsync())["id"]);
    }

    [Fact]
    public async Task Upload_SameIdOtherContent_IsRefusedUnlessReplaced()
    {
        using HttpResponseMessage first = await Client.PostFileAsync("api/v1/clips", Bars, ("id", "swap"));
        await first.JsonAsync(201);

        using HttpResponseMessage conflict = await Client.PostFileAsync("api/v1/clips", Zoom, ("id", "swap"));
        Assert.Contains("replace=true", await conflict.ProblemAsync(409), StringComparison.Ordinal);
        Assert.Equal(Bars.Length, (int)(await Client.GetJsonAsync("api/v1/clips/swap"))["sizeBytes"]!);

        using HttpResponseMessage replaced = await Client.PostFileAsync("api/v1/clips?replace=true", Zoom, ("id", "swap"));
        Assert.Equal(Zoom.Length, (int)(await replaced.JsonAsync())["sizeBytes"]!);
        using HttpResponseMessage media = await Client.GetAsync(new Uri("api/v1/clips/swap/media", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(Zoom, await media.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        using HttpResponseMessage renamed = await Client.PostFileAsync("api/v1/clips", Zoom, ("id", "swap"), ("replace", "true"), ("title", "new title"));
        Assert.Equal("new title", (string?)(await renamed.JsonAsync())["title"]);
    }

    [Fact]
    public async Task Media_RangeAndCondition_AreAnswered()
    {
        using HttpResponseMessage created = await Client.PostFileAsync("api/v1/clips", Bars, ("id", "ranges"));
        await created.JsonAsync(201);
        using HttpRequestMessage range = new(HttpMethod.Get, "api/v1/clips/ranges/media") { Headers = { Range = new RangeHeaderValue(100, 199) } };

        using HttpResponseMessage part = await Client.SendAsync(range, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal("video/mp4", part.Content.Headers.ContentType?.MediaType);
        Assert.Equal(Bars[100..200], await part.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        using HttpRequestMessage condition = new(HttpMethod.Get, "api/v1/clips/ranges/media") { Headers = { IfNoneMatch = { part.Headers.ETag! } } };
        using HttpResponseMessage unchanged = await Client.SendAsync(condition, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Fact]
    public async Task Thumbnail_OfVideo_IsAJpeg()
    {
        using HttpResponseMessage created = await Client.PostFileAsync("api/v1/clips", Bars, ("id", "thumbnail"));
        await created.JsonAsync(201);

        foreach (string query in (string[])["", "?at=0", "?at=11.5", "?at=1000"])
        {
            using HttpResponseMessage response = await Client.GetAsync(new Uri("api/v1/clips/thumbnail/thumbnail" + query, UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal("image/jpeg", response.Content.Headers.ContentType?.MediaType);
            byte[] bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
            Assert.True(bytes.AsSpan().StartsWith<byte>([0xFF, 0xD8, 0xFF]) && bytes.AsSpan().EndsWith<byte>([0xFF, 0xD9]), query);
        }
        using HttpResponseMessage wrong = await Client.GetAsync(new Uri("api/v1/clips/thumbnail/thumbnail?at=-1", UriKind.Relative), TestContext.Current.CancellationToken);
        await wrong.ProblemAsync(400);
    }

    [Fact]
    public async Task Delete_Clip_RemovesItsMediaUnlessAnotherClipHasTheSame()
    {
        using TemporaryFolder folder = new();
        Ffmpeg.Run("-f", "lavfi", "-i", "sine=frequency=311:duration=2", folder.File("tone.wav"));
        byte[] tone = await File.ReadAllBytesAsync(folder.File("tone.wav"), TestContext.Current.CancellationToken);
        string hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(tone));
        foreach (string id in (string[])["tone-1", "tone-2"])
        {
            using HttpResponseMessage created = await Client.PostFileAsync("api/v1/clips", tone, ("id", id));
            await created.JsonAsync(201);
        }

        await DeleteAsync("tone-1", HttpStatusCode.NoContent);
        Assert.Contains(fixture.MediaFiles(), path => path.EndsWith(hash, StringComparison.Ordinal));
        await DeleteAsync("tone-2", HttpStatusCode.NoContent);
        Assert.DoesNotContain(fixture.MediaFiles(), path => path.EndsWith(hash, StringComparison.Ordinal));
        await DeleteAsync("tone-2", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task List_TagsAndPages_GiveEveryClipOnce()
    {
        for (int i = 0; i < 5; i++)
        {
            using HttpResponseMessage created = await Client.PostFileAsync("api/v1/clips", Zoom, ("id", $"page-{i}"), ("tag", "paged"), ("tag", i % 2 == 0 ? "even" : "odd"));
            await created.JsonAsync(201);
        }
        List<string> seen = [];
        string? cursor = null;
        do
        {
            JsonNode page = await Client.GetJsonAsync($"api/v1/clips?tag=paged&limit=2{(cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}");
            seen.AddRange(page["items"]!.AsArray().Select(c => (string)c!["id"]!));
            cursor = (string?)page["nextCursor"];
        }
        while (cursor is not null);
        Assert.Equal(["page-0", "page-1", "page-2", "page-3", "page-4"], seen);
        Assert.Equal(3, (await Client.GetJsonAsync("api/v1/clips?tag=paged&tag=even"))["items"]!.AsArray().Count);
        using HttpResponseMessage bad = await Client.GetAsync(new Uri("api/v1/clips?cursor=nonsense", UriKind.Relative), TestContext.Current.CancellationToken);
        await bad.ProblemAsync(400);
    }

    [Fact]
    public async Task StillImage_IsAValidClip()
    {
        using TemporaryFolder folder = new();
        Ffmpeg.Run("-f", "lavfi", "-i", "testsrc2=size=300x200", "-frames:v", "1", folder.File("still.png"));
        using HttpResponseMessage created = await Client.PostFileAsync("api/v1/clips", await File.ReadAllBytesAsync(folder.File("still.png"), TestContext.Current.CancellationToken), ("id", "still"));

        JsonNode clip = await created.JsonAsync(201);

        Assert.Equal(0, (double)clip["durationSeconds"]!);
        Assert.False((bool)clip["hasAudio"]!);
        JsonNode matches = await Client.GetJsonAsync("api/v1/clips/still/matches?direction=video-to-audio");
        Assert.DoesNotContain(matches["hits"]!.AsArray(), hit => (string?)hit!["clip"]!["id"] == "still");
        using HttpResponseMessage noSound = await Client.GetAsync(new Uri("api/v1/clips/still/matches?direction=audio-to-video", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains("sound", await noSound.ProblemAsync(422), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ModelHealthAndMetrics_AreAnswered()
    {
        JsonNode model = await Client.GetJsonAsync("api/v1/model");
        Assert.False((bool)model["trained"]!);
        Assert.Equal("Cpu", (string?)model["provider"]);
        Assert.StartsWith("demo-fp32-", (string?)model["modelId"], StringComparison.Ordinal);
        Assert.Equal("live", (string?)(await Client.GetJsonAsync("health/live"))["status"]);
        Assert.Equal("ready", (string?)(await Client.GetJsonAsync("health/ready"))["status"]);

        using HttpResponseMessage embedded = await Client.PostFileAsync("api/v1/search/similar", Zoom);
        await embedded.JsonAsync();
        string metrics = await Client.GetStringAsync(new Uri("metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        foreach (string name in (string[])["http_server_request_duration_seconds_bucket", "cavmae_decode_duration_seconds_count", "cavmae_embed_duration_seconds_count", "cavmae_search_duration_seconds_count", "cavmae_encoder_queue_depth", "cavmae_store_scenes"])
            Assert.Contains(name, metrics, StringComparison.Ordinal);
        Assert.Contains("UNTRAINED", fixture.Service.Log, StringComparison.Ordinal);
    }

    private async Task DeleteAsync(string id, HttpStatusCode expected)
    {
        using HttpResponseMessage response = await Client.DeleteAsync(new Uri($"api/v1/clips/{id}", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(expected, response.StatusCode);
    }
}
