using Microsoft.Extensions.Logging;

namespace CavMae.Retrieval.Media;

internal static partial class MediaLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "{Program} ended with {ExitCode} on {Path}: {Errors}")]
    public static partial void ProgramFailed(this ILogger logger, string program, int exitCode, string path, string errors);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Program} complained about {Path}, but went on: {Errors}")]
    public static partial void ProgramComplained(this ILogger logger, string program, string path, string errors);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Program} was stopped on {Path} after {Limit}")]
    public static partial void ProgramTimedOut(this ILogger logger, string program, string path, TimeSpan limit);

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed {Folder}, left behind by a process that is gone")]
    public static partial void StaleFolderRemoved(this ILogger logger, string folder);

    [LoggerMessage(Level = LogLevel.Information, Message = "Could not remove {Folder}: {Reason}")]
    public static partial void FolderNotRemoved(this ILogger logger, string folder, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Left {Folder}, which is in use or not ours: {Reason}")]
    public static partial void StaleFolderKept(this ILogger logger, string folder, string reason);
}
