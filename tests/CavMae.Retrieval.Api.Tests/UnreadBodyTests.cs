using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace CavMae.Retrieval.Api.Tests;

/// <summary>Clients that are refused while they still send: each is told why, whether it reads at once, at the end, or asks before it sends.</summary>
public sealed partial class UnreadBodyTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    /// <summary>Well over the upload limit, and over what sockets hold by themselves after it.</summary>
    private const int BodyBytes = (int)ServiceFixture.MaxUploadBytes + 25_000_000;

    private const string FormHead = "--B\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("api/v1/clips", true, 413)]
    [InlineData("api/v1/clips", false, 413)]
    [InlineData("api/v1/search/similar?limit=0", true, 400)]
    [InlineData("api/v1/search/similar?limit=0", false, 400)]
    [InlineData("api/v1/nothing", false, 404)]
    public async Task Refused_HttpClient_HasTheAnswer(string address, bool isChunked, int status)
    {
        using MultipartFormDataContent form = HttpHelpers.Form(new byte[BodyBytes]);
        using HttpRequestMessage request = new(HttpMethod.Post, address) { Content = form, Headers = { TransferEncodingChunked = isChunked } };
        using HttpResponseMessage response = await fixture.Client.SendAsync(request, Cancellation);
        await response.ProblemAsync(status);
    }

    [Fact]
    public async Task Refused_ClientReadsAtTheEnd_HasTheAnswerAndMayAskAgain()
    {
        using TcpClient client = await ConnectAsync($"Content-Length: {BodyBytes + FormHead.Length}");
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(FormHead), Cancellation);
        await stream.WriteAsync(new byte[BodyBytes], Cancellation);

        Assert.Equal(413, await ReadStatusAsync(stream));
        await stream.WriteAsync(Encoding.ASCII.GetBytes("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"), Cancellation);
        Assert.Equal(200, await ReadStatusAsync(stream));
    }

    [Fact]
    public async Task Refused_ClientReadsWhileItSends_HasTheAnswerBeforeTheEnd()
    {
        using TcpClient client = await ConnectAsync("Transfer-Encoding: chunked");
        NetworkStream stream = client.GetStream();
        int sent = (int)ServiceFixture.MaxUploadBytes + 1_000_000;
        // A chunk that has far to go when what was sent of it is over the limit.
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{BodyBytes:x}\r\n{FormHead}"), Cancellation);
        await stream.WriteAsync(new byte[sent], Cancellation);

        Assert.Equal(413, await ReadStatusAsync(stream));
    }

    [Fact]
    public async Task Refused_ClientAsksFirst_SendsNothing()
    {
        using TcpClient client = await ConnectAsync($"Content-Length: {BodyBytes}", "Expect: 100-continue");
        Assert.Equal(413, await ReadStatusAsync(client.GetStream()));
    }

    [Fact]
    public async Task Refused_ClientGoesOnForEver_IsCutOff()
    {
        // What is thrown away (twice the limit and 16 MiB), and what lies in sockets on its way there.
        const long MostBytes = (2 * ServiceFixture.MaxUploadBytes) + (16 * 1024 * 1024) + 50_000_000;
        using TcpClient client = await ConnectAsync($"Content-Length: {10 * MostBytes}");
        NetworkStream stream = client.GetStream();
        Assert.Equal(413, await ReadStatusAsync(stream));
        byte[] some = new byte[1_000_000];
        long sent = 0;

        await Assert.ThrowsAsync<IOException>(async () =>
        {
            for (; sent <= MostBytes; sent += some.Length)
                await stream.WriteAsync(some, Cancellation);
        });

        Assert.InRange(sent, ServiceFixture.MaxUploadBytes, MostBytes);
    }

    private async Task<TcpClient> ConnectAsync(params string[] headers)
    {
        TcpClient client = new();
        await client.ConnectAsync("127.0.0.1", fixture.Client.BaseAddress!.Port, Cancellation);
        string head = $"POST /api/v1/clips HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=B\r\n{string.Join("\r\n", headers)}\r\n\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), Cancellation);
        return client;
    }

    /// <summary>Reads one whole answer; gives its status.</summary>
    private static async Task<int> ReadStatusAsync(NetworkStream stream)
    {
        StringBuilder answer = new();
        byte[] buffer = new byte[4096];
        // The service's JSON answers are of one chunk.
        while (!answer.ToString().EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal))
        {
            int read = await stream.ReadAsync(buffer, Cancellation);
            Assert.True(read > 0, $"The connection was closed after: {answer}");
            answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }
        return int.Parse(StatusLine().Match(answer.ToString()).Groups[1].ValueSpan, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^HTTP/1\.1 (\d{3}) ")]
    private static partial Regex StatusLine();
}
