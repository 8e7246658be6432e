using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Ingest;
using CavMae.Retrieval.Ingest.Jobs;
using CavMae.Retrieval.Media;
using CavMae.Retrieval.Search;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace CavMae.Retrieval.Api.Errors;

/// <summary>The one place where exceptions become HTTP statuses and problem details (RFC 9457).</summary>
internal sealed partial class ProblemMapping(IProblemDetailsService problems, ILogger<ProblemMapping> logger) : IExceptionHandler
{
    private const string RetryAfterSeconds = "1";

    /// <summary>A job takes its time; asking every second whether one has ended helps nobody.</summary>
    private const string RetryJobAfterSeconds = "30";

    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody listens any more; the work was stopped and cleaned up on the way here.
            LogClientGone(logger, context.Request.Method, context.Request.Path.Value);
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }
        (int status, string detail) = Describe(exception);
        if (status is StatusCodes.Status500InternalServerError)
            LogUnexpected(logger, exception, context.Request.Method, context.Request.Path.Value);
        else if (status is StatusCodes.Status503ServiceUnavailable)
            LogUnavailable(logger, exception);
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
            context.Response.Headers.RetryAfter = exception is JobQueueFullException ? RetryJobAfterSeconds : RetryAfterSeconds;
        context.Response.StatusCode = status;
        return await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = context,
            ProblemDetails = new ProblemDetails { Status = status, Detail = detail },
        });
    }

    internal static (int Status, string Detail) Describe(Exception exception) => exception switch
    {
        ApiException e => (e.Status, e.Message),
        BadHttpRequestException e => (e.StatusCode, e.Message),
        InvalidCursorException e => (StatusCodes.Status400BadRequest, e.Message),
        ClipFilterException e => (StatusCodes.Status400BadRequest, e.Message),
        ClipConflictException e => (StatusCodes.Status409Conflict, e.Message),
        UploadTooLargeException e => (StatusCodes.Status413PayloadTooLarge, e.Message),
        MediaException { Error: MediaError.UnsupportedType } e => (StatusCodes.Status415UnsupportedMediaType, e.Message),
        MediaException e => (StatusCodes.Status422UnprocessableEntity, e.Message),
        JobQueueFullException e => (StatusCodes.Status429TooManyRequests, e.Message),
        BusyException e => (StatusCodes.Status429TooManyRequests, e.Message),
        StoreUnavailableException => (StatusCodes.Status503ServiceUnavailable, "The store cannot be read or written now; the service's log says why."),
        FfmpegUnavailableException => (StatusCodes.Status503ServiceUnavailable, "ffmpeg cannot be started now; the service's log says why."),
        DecoderKilledException => (StatusCodes.Status503ServiceUnavailable, "ffmpeg was ended before it was done, which was not the file's fault; try again."),
        ModelException => (StatusCodes.Status503ServiceUnavailable, "The model cannot encode now; the service's log says why."),
        _ => (StatusCodes.Status500InternalServerError, "Something went wrong that should not have; the service's log says what."),
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "{Method} {Path}: the client went away.")]
    private static partial void LogClientGone(ILogger logger, string method, string? path);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed.")]
    private static partial void LogUnexpected(ILogger logger, Exception exception, string method, string? path);

    [LoggerMessage(Level = LogLevel.Error, Message = "Store or model unavailable.")]
    private static partial void LogUnavailable(ILogger logger, Exception exception);
}
