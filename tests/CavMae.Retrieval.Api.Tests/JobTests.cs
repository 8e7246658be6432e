using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Api.Tests;

/// <summary>A job's life over HTTP.</summary>
public sealed class JobTests(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    private static readonly byte[] Zoom = File.ReadAllBytes(Fixtures.Clip("zoom_640x360_25fps_10s.mp4"));
    private static readonly byte[] Bars = File.ReadAllBytes(Fixtures.Clip("bars_480x854_29.97fps_12.3s.mp4"));

    private HttpClient Client => fixture.Client;

    [Fact]
    public async Task Upload_RespondAsync_IsAcceptedAndBecomesTheClip()
    {
        using HttpResponseMessage response = await Client.PostAsyncFileAsync(Zoom, ("id", "later"), ("title", "Later"), ("tag", "job"), ("metadata", """{"reel":12}"""));
        JsonNode accepted = await response.JsonAsync(202);
        string id = (string)accepted["id"]!;
        Assert.Equal($"/api/v1/jobs/{id}", response.Headers.Location?.ToString());
        Assert.Equal("respond-async", response.Headers.GetValues("Preference-Applied").Single());
        Assert.Contains((string?)accepted["state"], (string[])["queued", "running"]);

        JsonNode job = await Client.WaitForEndAsync(id);

        Assert.Equal(("succeeded", "later"), ((string?)job["state"], (string?)job["clipId"]));
        Assert.Null(job["problem"]);
        JsonNode clip = await Client.GetJsonAsync("api/v1/clips/later");
        Assert.Equal(("Later", "job", 12), ((string?)clip["title"], (string?)clip["tags"]![0], (int)clip["metadata"]!["reel"]!));
        Assert.Equal((clip["scenes"]!.AsArray().Count, clip["scenes"]!.AsArray().Count), ((int)job["progress"]!["scenesDone"]!, (int)job["progress"]!["scenesTotal"]!));
        Assert.Equal((double)clip["durationSeconds"]!, (double)job["progress"]!["secondsDone"]!);
        Assert.Empty(fixture.JobFiles());
        using HttpResponseMessage media = await Client.GetAsync(new Uri("api/v1/clips/later/media", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(Zoom, await media.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));

        using HttpResponseMessage again = await Client.PostAsyncFileAsync(Zoom, ("id", "later"));
        Assert.Equal("later", (string?)(await again.JsonAsync(200))["id"]);
        using HttpResponseMessage conflict = await Client.PostAsyncFileAsync(Bars, ("id", "later"));
        await conflict.ProblemAsync(409);
    }

    [Fact]
    public async Task Upload_LongMedia_IsAJobUnaskedAndOnceOnly()
    {
        using HttpResponseMessage response = await Client.PostFileAsync("api/v1/clips", fixture.LongClip, ("id", "long"));
        string id = (string)(await response.JsonAsync(202))["id"]!;
        Assert.False(response.Headers.Contains("Preference-Applied"));
        // As after a lost answer.
        using HttpResponseMessage repeated = await Client.PostFileAsync("api/v1/clips", fixture.LongClip, ("id", "long"));
        Assert.Equal(id, (string?)(await repeated.JsonAsync(202))["id"]);
        Assert.Single(fixture.JobFiles());

        JsonNode running = await Client.WaitForScenesAsync(id, 5);
        Assert.InRange((double)running["progress"]!["secondsLeft"]!, 0, 600);
        Assert.Equal(300, (double)running["progress"]!["secondsTotal"]!, tolerance: 1);
        using HttpResponseMessage unseen = await Client.GetAsync(new Uri("api/v1/clips/long", UriKind.Relative), TestContext.Current.CancellationToken);
        await unseen.ProblemAsync(404);
        // Whoever does wait is answered beside the job.
        using HttpResponseMessage search = await Client.PostFileAsync("api/v1/search/similar", Zoom);
        await search.JsonAsync();
        Assert.Equal("running", (string?)(await Client.JobAsync(id))["state"]);

        Assert.Equal("succeeded", (string?)(await Client.WaitForEndAsync(id))["state"]);
        JsonArray scenes = (await Client.GetJsonAsync("api/v1/clips/long"))["scenes"]!.AsArray();
        Assert.Equal(300, scenes.Count);
        // One a second, each as long as it sees and hears.
        Assert.Equal((100, 110), ((double)scenes[100]!["startSeconds"]!, (double)scenes[100]!["endSeconds"]!));
        using HttpResponseMessage stored = await Client.PostFileAsync("api/v1/clips", fixture.LongClip, ("id", "long"));
        await stored.JsonAsync(200);
    }

    [Fact]
    public async Task Delete_RunningJob_EndsItsDecoderAndLeavesNothing()
    {
        string id = await Client.SubmitAsync(Altered(1), ("id", "stopped"));
        await Client.WaitForScenesAsync(id, 5);
        long start = Stopwatch.GetTimestamp();

        using HttpResponseMessage response = await Client.DeleteJobAsync(id);

        Assert.Equal("cancelled", (string?)(await response.JsonAsync())["state"]);
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 30); // a hang is found, however loaded the machine is
        Assert.Equal(0, CountDecoders());
        Assert.Empty(fixture.JobFiles());
        using HttpResponseMessage clip = await Client.GetAsync(new Uri("api/v1/clips/stopped", UriKind.Relative), TestContext.Current.CancellationToken);
        await clip.ProblemAsync(404);
        using HttpResponseMessage removed = await Client.DeleteJobAsync(id);
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        using HttpResponseMessage unknown = await Client.DeleteJobAsync(id);
        await unknown.ProblemAsync(404);
    }

    [Fact]
    public async Task Upload_ForTheIdOfARunningJob_DoesNotWaitForIt()
    {
        string running = await Client.SubmitAsync(Altered(20), ("id", "shared"));
        await Client.WaitForScenesAsync(running, 1);

        using HttpResponseMessage response = await Client.PostFileAsync("api/v1/clips", Zoom, ("id", "shared"), ("replace", "true"));
        string second = (string)(await response.JsonAsync(202))["id"]!;
        using HttpResponseMessage cancelled = await Client.DeleteJobAsync(running);
        await cancelled.JsonAsync();

        Assert.Equal("succeeded", (string?)(await Client.WaitForEndAsync(second))["state"]);
        Assert.Single((await Client.GetJsonAsync("api/v1/clips/shared"))["scenes"]!.AsArray(), scene => (double)scene!["startSeconds"]! == 0);
    }

    [Fact]
    public async Task Upload_QueueFull_IsRefusedUntilThereIsRoom()
    {
        string running = await Client.SubmitAsync(Altered(2));
        await Client.WaitForScenesAsync(running, 1);
        string[] queued = [await Client.SubmitAsync(Altered(3)), await Client.SubmitAsync(Altered(4))];

        using HttpResponseMessage refused = await Client.PostAsyncFileAsync(Altered(5));
        Assert.Contains("MaxQueuedJobs", await refused.ProblemAsync(429), StringComparison.Ordinal);
        Assert.True(refused.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        Assert.Equal(3, fixture.JobFiles().Length);
        Assert.Equal(queued.Reverse(), (await Client.GetJsonAsync("api/v1/jobs?state=queued"))["items"]!.AsArray().Select(job => (string)job!["id"]!));
        string metrics = await Client.GetStringAsync(new Uri("metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Matches(@"cavmae_jobs_queued(\{[^}]*\})? 2", metrics);
        Assert.Matches(@"cavmae_jobs_running(\{[^}]*\})? 1", metrics);

        using HttpResponseMessage cancelled = await Client.DeleteJobAsync(queued[0]);
        JsonNode job = await cancelled.JsonAsync();
        Assert.Equal("cancelled", (string?)job["state"]);
        Assert.Null(job["startedAt"]);
        queued[0] = await Client.SubmitAsync(Zoom, ("id", "after-all"));
        foreach (string id in (string[])[running, queued[1]])
        {
            using HttpResponseMessage response = await Client.DeleteJobAsync(id);
            await response.JsonAsync();
        }
        Assert.Equal("succeeded", (string?)(await Client.WaitForEndAsync(queued[0]))["state"]);
        Assert.Empty(fixture.JobFiles());
    }

    [Theory]
    [InlineData("just some text", 415)]
    [InlineData("\0\0\0\u0018ftypisom and no more", 422)]
    public async Task Upload_BadFile_FailsWithTheProblemAnAnswerWouldHaveHad(string content, int status)
    {
        byte[] file = System.Text.Encoding.Latin1.GetBytes(content);
        string id = await Client.SubmitAsync(file);

        JsonNode job = await Client.WaitForEndAsync(id);

        using HttpResponseMessage answer = await Client.PostFileAsync("api/v1/clips", file);
        JsonNode expected = await answer.JsonAsync(status);
        Assert.Equal("failed", (string?)job["state"]);
        Assert.Null(job["clipId"]);
        foreach (string name in (string[])["type", "title", "status", "detail"])
            Assert.Equal(expected[name]?.ToJsonString(), job["problem"]![name]?.ToJsonString());
        Assert.Empty(fixture.JobFiles());
    }

    [Fact]
    public async Task Events_OfAJob_TellItsProgressAndEndWithIt()
    {
        string id = await Client.SubmitAsync(Altered(6), ("id", "watched"));

        List<JsonNode> jobs = [];
        string lastId = "";
        using (StreamReader events = await OpenEventsAsync(id))
        {
            while (await events.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
                if (line.StartsWith("data: ", StringComparison.Ordinal))
                    jobs.Add(JsonNode.Parse(line[6..])!);
                else if (line.StartsWith("id: ", StringComparison.Ordinal))
                    lastId = line[4..];
        }

        Assert.Equal("succeeded", (string?)jobs[^1]["state"]);
        Assert.Equal("watched", (string?)jobs[^1]["clipId"]);
        int[] done = [.. jobs.Select(job => (int)job["progress"]!["scenesDone"]!)];
        Assert.Equal(done.Order(), done);
        Assert.InRange(done.Distinct().Count(), 10, 302);
        using HttpRequestMessage again = new(HttpMethod.Get, "api/v1/jobs/" + id) { Headers = { Accept = { new MediaTypeWithQualityHeaderValue("text/event-stream") } } };
        again.Headers.Add("Last-Event-ID", lastId);
        using HttpResponseMessage nothingNew = await Client.SendAsync(again, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, nothingNew.StatusCode);
    }

    [Fact]
    public async Task Jobs_ListAndLookUp_RefuseWhatMakesNoSense()
    {
        for (int i = 0; i < 3; i++)
            await Client.WaitForEndAsync(await Client.SubmitAsync([(byte)i, 1, 2, 3]));
        JsonNode first = await Client.GetJsonAsync("api/v1/jobs?state=failed&limit=2");
        JsonNode second = await Client.GetJsonAsync($"api/v1/jobs?state=failed&limit=2&cursor={first["nextCursor"]}");
        string[] ids = [.. first["items"]!.AsArray().Concat(second["items"]!.AsArray()).Select(job => (string)job!["id"]!)];
        Assert.Equal(ids.Distinct(), ids);
        Assert.InRange(ids.Length, 3, 4);
        foreach (string query in (string[])["state=lost", "limit=0", "cursor=nonsense", $"cursor={first["nextCursor"]}x"])
        {
            using HttpResponseMessage refused = await Client.GetAsync(new Uri("api/v1/jobs?" + query, UriKind.Relative), TestContext.Current.CancellationToken);
            await refused.ProblemAsync(400);
        }
        foreach (string id in (string[])["0", new string('0', 32), "%2e%2e%2findex.db", "'%20OR%201=1"])
        {
            using HttpResponseMessage unknown = await Client.GetAsync(new Uri("api/v1/jobs/" + id, UriKind.Relative), TestContext.Current.CancellationToken);
            await unknown.ProblemAsync(404);
        }
    }

    /// <summary>The long clip with another content: Matroska readers do not mind what follows the end.</summary>
    private byte[] Altered(int number) => [.. fixture.LongClip, 0xEC, 0x81, (byte)number];

    private async Task<StreamReader> OpenEventsAsync(string id)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "api/v1/jobs/" + id) { Headers = { Accept = { new MediaTypeWithQualityHeaderValue("text/event-stream") } } };
        HttpResponseMessage response = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
    }

    private int CountDecoders() => Processes.CountDecoders(fixture.Service.Id);
}
