using CavMae.Retrieval.Cli.Remote;
using CavMae.Retrieval.Cli.Tests.Support;

namespace CavMae.Retrieval.Cli.Tests.Remote;

/// <summary>How long a service that does not answer is waited for.</summary>
public sealed class ServiceClientTests
{
    /// <summary>What a delay adds at most to a time that was not yet up before it.</summary>
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Send_ServiceThatNeverAnswered_IsGivenUpWithinSeconds()
    {
        StubService service = new();
        service.Dispose();
        HastyTime time = new();
        using ServiceClient client = new(service.Address, time);

        ServiceUnreachableException problem = await Assert.ThrowsAsync<ServiceUnreachableException>(() => AskAsync(client));

        Assert.Contains("cannot be reached", problem.Message, StringComparison.Ordinal);
        Assert.InRange(time.Elapsed, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(7));
    }

    [Fact]
    public async Task Send_ServiceGoneSinceItAnswered_IsWaitedForAMinute()
    {
        StubService service = new();
        HastyTime time = new();
        using ServiceClient client = new(service.Address, time);
        await AskAsync(client);
        service.Dispose();

        await Assert.ThrowsAsync<ServiceUnreachableException>(() => AskAsync(client));

        Assert.InRange(time.Elapsed, Retries.MaxAwayTime, Retries.MaxAwayTime + LongestDelay);
    }

    [Fact]
    public async Task Send_ServiceRestarted_IsAnswered()
    {
        StubService service = new();
        StubService? restarted = null;
        HastyTime time = new(elapsed => restarted ??= elapsed > TimeSpan.FromSeconds(40) ? new StubService(service.Address.Port) : null);
        using ServiceClient client = new(service.Address, time);
        await AskAsync(client);
        service.Dispose();

        using HttpResponseMessage answer = await AskAsync(client);

        using (Assert.IsType<StubService>(restarted))
            Assert.Equal(StubService.Model, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task Send_ServiceThatSaysWhenToComeBack_IsAskedThenAndNotBefore()
    {
        using StubService service = new();
        service.Answer("GET model", new StubAnswer(503, """{"detail": "starting"}""", RetryAfter: "7"), new StubAnswer(429, "{}", RetryAfter: "30"), new StubAnswer(429, "{}", RetryAfter: "Thu, 01 Jan 1970 00:00:50 GMT"), new StubAnswer(200, "{}"));
        HastyTime time = new();
        using ServiceClient client = new(service.Address, time);

        using HttpResponseMessage answer = await AskAsync(client);

        Assert.Equal(TimeSpan.FromSeconds(50), time.Elapsed);
    }

    [Fact]
    public async Task Send_BusyForever_IsRefusedAfterTenMinutes()
    {
        using StubService service = new();
        service.Answer("GET model", new StubAnswer(429, """{"detail": "The queue is full."}""", RetryAfter: "3600"));
        HastyTime time = new();
        using ServiceClient client = new(service.Address, time);

        ServiceRefusalException problem = await Assert.ThrowsAsync<ServiceRefusalException>(() => AskAsync(client));

        Assert.Equal("The queue is full.", problem.Message);
        Assert.Equal(TimeSpan.FromMinutes(10), time.Elapsed);
    }

    private static Task<HttpResponseMessage> AskAsync(ServiceClient client) => client.SendAsync(() => new HttpRequestMessage(HttpMethod.Get, "model"), Cancellation);
}
