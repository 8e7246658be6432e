using System.Diagnostics;
using System.Globalization;
using CavMae.Retrieval.Cli.Tests.Support;

namespace CavMae.Retrieval.Cli.Tests.Remote;

/// <summary>What the command does when a service is busy, breaks off, refuses or is none.</summary>
public sealed class RemoteLibraryTests : CliTest
{
    private readonly StubService service = new();

    [Fact]
    public async Task Index_FullQueue_WaitsAsAskedAndSendsAgain()
    {
        service.Answer("POST clips", new StubAnswer(429, """{"detail": "full"}""", RetryAfter: "1"), StubAnswer.Clip(201, "new"));
        long start = Stopwatch.GetTimestamp();

        Outcome outcome = await RunRemoteAsync("index", CopyText("a.mp4"), "--tag", "b");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("clip new, 1 scene", outcome.Output, StringComparison.Ordinal);
        // Timers may be early by a tick of the clock.
        Assert.True(Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(0.9), "the second try came too early");
        string[] uploads = [.. service.Requests.Where(request => request.Request == "POST clips").Select(request => request.Body)];
        Assert.Equal(2, uploads.Length);
        Assert.All(uploads, body => Assert.Matches("(?s)name=title.*a\\.mp4.*name=tag.*b.*name=file.*content of a\\.mp4", body));
    }

    [Fact]
    public async Task Index_AnswerLost_CountsTheClipAsNew()
    {
        service.Answer("POST clips", StubAnswer.Broken, StubAnswer.Clip(200, "one"));

        Outcome outcome = await RunRemoteAsync("index", CopyText("a.mp4"));

        Assert.Contains("1 indexed, 0 already there, 0 failed", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Index_RefusedFiles_AreGroupedByReason()
    {
        service.Answer("POST clips", new StubAnswer(415, """{"title": "Unsupported", "detail": "It is no film."}"""));

        Outcome outcome = await RunRemoteAsync(["index", .. Enumerable.Range(0, 5).Select(i => CopyText($"{i}.mp4"))]);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("0 indexed, 0 already there, 5 failed", outcome.Output, StringComparison.Ordinal);
        Assert.Matches(@"5 × It is no film\. \(.*0\.mp4, .*1\.mp4, .*2\.mp4 and 2 more\)", outcome.Error);
        Assert.Equal(5, service.Requests.Count(request => request.Request == "POST clips"));
    }

    [Fact]
    public async Task Index_ServiceGone_EndsTheRun()
    {
        service.Answer("POST clips", StubAnswer.Broken);

        Outcome outcome = await RunRemoteAsync("index", CopyText("a.mp4"), CopyText("b.mp4"), "--parallel", "1");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("cannot be reached", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("the same command goes on from there", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("0 indexed, 0 already there, 0 failed, 2 left", outcome.Output, StringComparison.Ordinal);
        Assert.Equal(5, service.Requests.Count(request => request.Request == "POST clips"));
    }

    [Fact]
    public async Task Index_JobInsteadOfClip_IsWaitedFor()
    {
        service.Answer("POST clips", new StubAnswer(202, """{"id": "j1", "state": "queued"}"""));
        service.Answer("GET jobs/j1", new StubAnswer(200, """{"id": "j1", "state": "running"}"""), new StubAnswer(200, """{"id": "j1", "state": "succeeded", "clipId": "long"}"""));
        service.Answer("GET clips/long", StubAnswer.Clip(200, "long"));

        Outcome outcome = await RunRemoteAsync("index", CopyText("a.mp4"));

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("clip long, 1 scene", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Index_JobThatFails_TellsWhy()
    {
        service.Answer("POST clips", new StubAnswer(202, """{"id": "j1", "state": "failed", "problem": {"status": 422, "detail": "It breaks off."}}"""));

        Outcome outcome = await RunRemoteAsync("index", CopyText("a.mp4"));

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("a.mp4: It breaks off.", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Index_JobRemovedMeanwhile_TellsWhatToDo()
    {
        service.Answer("POST clips", new StubAnswer(202, """{"id": "j1", "state": "queued"}"""), StubAnswer.Clip(201, "second"));

        Outcome outcome = await RunRemoteAsync("index", CopyText("a.mp4"), CopyText("b.mp4"), "--parallel", "1");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("a.mp4: The service does not know its job j1", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("1 indexed, 0 already there, 1 failed", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Index_CancelledDuringJob_LeavesItToTheService()
    {
        service.Answer("POST clips", new StubAnswer(202, """{"id": "j1", "state": "queued"}"""));
        service.Answer("GET jobs/j1", new StubAnswer(200, """{"id": "j1", "state": "running"}"""));
        service.Answer("DELETE jobs/j1", new StubAnswer(204, ""));
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        Task<Outcome> running = RunRemoteUntilAsync(["index", CopyText("a.mp4")], stop.Token);
        while (!service.Requests.Any(request => request.Request == "GET jobs/j1"))
        {
            Assert.False(running.IsCompleted, "the command ended before it asked for the job");
            await Task.Delay(10, Cancellation);
        }

        await stop.CancelAsync();

        Assert.Equal(130, (await running).ExitCode);
        Assert.DoesNotContain(service.Requests, request => request.Request == "DELETE jobs/j1");
    }

    [Fact]
    public async Task Remove_AnswerLost_CountsAsRemoved()
    {
        service.Answer("DELETE clips/a%2Fb", StubAnswer.Broken, new StubAnswer(404, """{"detail": "There is no clip."}"""));

        Outcome outcome = await RunRemoteAsync("remove", "a/b");

        Assert.Equal((0, "1 removed\n"), (outcome.ExitCode, outcome.Output));
    }

    [Fact]
    public async Task List_ServiceGoneAfterAPage_HasWrittenThatPage()
    {
        string page = $$"""{"items": [{{StubAnswer.Clip(200, "first").Json}}], "nextCursor": "c"}""";
        service.Answer("GET clips", new StubAnswer(200, page), new StubAnswer(500, """{"detail": "It broke."}"""));

        Outcome outcome = await RunRemoteAsync("list", "--json");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("It broke.", outcome.Error, StringComparison.Ordinal);
        Assert.StartsWith("{\"id\":\"first\"", Assert.Single(outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Index_TagThatBeginsWithAt_IsATag()
    {
        service.Answer("POST clips", StubAnswer.Clip(201, "new"));

        Outcome outcome = await RunRemoteAsync("index", CopyText("a.mp4"), "--tag", "@home");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("@home", service.Requests.Single(request => request.Request == "POST clips").Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_OtherProgramAnswers_SaysSo()
    {
        service.Answer("GET model", new StubAnswer(200, "<html>"));

        Outcome outcome = await RunRemoteAsync("list");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("is no service of this kind", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_NobodyAnswers_SaysSo()
    {
        service.Dispose();

        Outcome outcome = await RunRemoteAsync("list");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("cannot be reached", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--server", "ftp://host")]
    [InlineData("--server", "127.0.0.1:5000")]
    [InlineData("--server", "http://127.0.0.1:5000/?a=b")]
    [InlineData("--server", "http://127.0.0.1:5000/#a")]
    [InlineData("--server", "http://name:secret@127.0.0.1:5000")]
    [InlineData("--parallel", "0")]
    [InlineData("--parallel", "65")]
    public async Task Index_OptionOutOfRange_IsBadUse(string option, string value) =>
        Assert.Equal(2, (await RunBareAsync(["index", CopyText("a.mp4"), option, value], Cancellation)).ExitCode);

    [Fact]
    public async Task Index_ServerAndDataFolder_IsBadUse()
    {
        Outcome outcome = await RunRemoteAsync("index", CopyText("a.mp4"), "--data", DataFolder);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("--data and --server exclude each other", outcome.Error, StringComparison.Ordinal);
    }

    private Task<Outcome> RunRemoteAsync(params string[] arguments) => RunRemoteUntilAsync(arguments, Cancellation);

    private Task<Outcome> RunRemoteUntilAsync(string[] arguments, CancellationToken cancellationToken) => RunBareAsync([.. arguments, "--server", service.Address.ToString()], cancellationToken);

    private string CopyText(string name)
    {
        string path = PathOf(name);
        File.WriteAllText(path, string.Create(CultureInfo.InvariantCulture, $"content of {name}"));
        return path;
    }

    protected override void Dispose(bool disposing)
    {
        service.Dispose();
        base.Dispose(disposing);
    }
}
