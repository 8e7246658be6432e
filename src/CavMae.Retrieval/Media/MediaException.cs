namespace CavMae.Retrieval.Media;

public enum MediaError
{
    /// <summary>The bytes are no container or picture on the allow-list (HTTP 415).</summary>
    UnsupportedType,

    /// <summary>On the list, but broken: it cannot be read or decoded (HTTP 422).</summary>
    Broken,

    /// <summary>Readable, but without the stream that is needed (HTTP 422).</summary>
    MissingStream,

    /// <summary>Over a limit of pixels, streams, duration or decoding time (HTTP 422).</summary>
    OverLimit,

    /// <summary>Decoded, but the model gives no vector of unit length for it (HTTP 422).</summary>
    NotEmbeddable,
}

/// <summary>A media file that cannot be used. The message is fit for the client: it holds no path and nothing ffmpeg said.</summary>
public sealed class MediaException(MediaError error, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public MediaError Error { get; } = error;
}

/// <summary>ffmpeg or ffprobe is missing or does not run. The message says what to do.</summary>
public sealed class FfmpegUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>ffmpeg or ffprobe was ended by somebody else: for want of memory, or with a signal to the whole group. No fault of the file.</summary>
public sealed class DecoderKilledException(string message) : Exception(message);
