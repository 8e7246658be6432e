using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using CavMae.Retrieval.Media;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Api.Uploads;

/// <summary>
/// Receives and throws away what is left of a body whose request is answered already. Many clients read the answer only when they have sent
/// everything: were the connection closed before, they would report a broken pipe and never see why they were refused.
/// </summary>
internal sealed class UnreadBody(RequestDelegate next, IHostApplicationLifetime lifetime, TimeProvider time, IOptions<MediaOptions> media)
{
    /// <summary>How long a client may go on sending. One that sends nothing is cut off much sooner (Kestrel's MinRequestBodyDataRate).</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>What may be thrown away beside twice the largest upload: room for small limits.</summary>
    private const long SlackBytes = 16 * 1024 * 1024;

    private const int BufferBytes = 128 * 1024;

    /// <summary>
    /// Most bytes that are thrown away. A client that sends this much after its answer does not look for one, and is cut off: nobody may keep the
    /// network busy with more than an upload and its answer could take.
    /// </summary>
    private readonly long maxBytes = (2 * Math.Min(media.Value.MaxUploadBytes, long.MaxValue / 4)) + SlackBytes;

    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);
        if (MayBeLeft(context))
            await ReceiveAsync(context);
    }

    /// <summary>HTTP/2 and later can tell the client to stop, and the server does so.</summary>
    private static bool MayBeLeft(HttpContext context) => context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true }
        && !HttpProtocol.IsHttp2(context.Request.Protocol) && !HttpProtocol.IsHttp3(context.Request.Protocol);

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The answer is out; that the rest of a body breaks off, is malformed or too slow changes nothing.")]
    private async Task ReceiveAsync(HttpContext context)
    {
        using CancellationTokenSource timer = new(Limit, time);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, context.RequestAborted, lifetime.ApplicationStopping);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            // The answer goes first, so that a client that looks for it while it sends can stop.
            await context.Response.CompleteAsync();
            long left = maxBytes;
            for (int read; left > 0 && (read = await context.Request.Body.ReadAsync(buffer, stop.Token)) > 0;)
                left -= read;
            // Otherwise the server itself would go on receiving for a while.
            if (left <= 0)
                context.Abort();
        }
        catch (Exception)
        {
            // The connection is closed.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
