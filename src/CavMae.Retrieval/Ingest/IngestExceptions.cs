namespace CavMae.Retrieval.Ingest;

/// <summary>A clip of this id is stored with other content, and replacing it was not asked for (HTTP 409).</summary>
public sealed class ClipConflictException(string clipId)
    : Exception($"Clip '{clipId}' is stored with other content. Send replace=true to replace it, or choose another id.");

/// <summary>An upload over the limit (HTTP 413).</summary>
public sealed class UploadTooLargeException(long maxBytes)
    : Exception($"The upload is larger than {maxBytes} bytes (Media:MaxUploadBytes).")
{
    public long MaxBytes { get; } = maxBytes;
}
