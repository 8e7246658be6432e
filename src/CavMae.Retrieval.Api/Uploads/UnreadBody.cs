using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http.Features;

namespace CavMae.Retrieval.Api.Uploads;

/// <summary>
/// Receives and throws away what is left of a body whose request is answered already. Many clients read the answer only when they have sent
/// everything: were the connection closed before, they would report a broken pipe and never see why they were refused.
/// </summary>
internal sealed class UnreadBody(RequestDelegate next, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>
    /// How long a client may go on sending. There is no limit of bytes beside it: to receive is cheaper than to store, which the client may ask for
    /// too. One that sends nothing is cut off much sooner (Kestrel's MinRequestBodyDataRate).
    /// </summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private const int BufferBytes = 128 * 1024;

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
            while (await context.Request.Body.ReadAsync(buffer, stop.Token) > 0)
            {
                // Thrown away.
            }
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
