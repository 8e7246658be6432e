namespace CavMae.Retrieval.Api;

internal static partial class StartupLog
{
    [LoggerMessage(Level = LogLevel.Critical, Message = "The service cannot start: {Reason}")]
    public static partial void CannotStart(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "API: {Address}/api/v1   Swagger UI: {Address}/swagger")]
    public static partial void Listening(ILogger logger, string address);
}
