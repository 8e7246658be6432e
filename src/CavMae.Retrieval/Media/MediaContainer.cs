namespace CavMae.Retrieval.Media;

/// <summary>The containers and pictures the service takes, recognised by their bytes.</summary>
public enum MediaContainer
{
    /// <summary>MP4, MOV, M4A, 3GP.</summary>
    Mp4,

    /// <summary>Matroska and WebM.</summary>
    Matroska,
    Avi,
    MpegTs,
    Ogg,
    Wav,
    Mp3,
    Flac,
    Aac,
    Jpeg,
    Png,
    WebP,
}

public static class MediaContainerExtensions
{
    public static bool IsImage(this MediaContainer container) =>
        container is MediaContainer.Jpeg or MediaContainer.Png or MediaContainer.WebP;
}
