namespace CavMae.Retrieval.Media;

/// <summary>What the probe says of a media file.</summary>
public sealed record MediaInfo
{
    /// <summary>The container its bytes show.</summary>
    public required MediaContainer Container { get; init; }

    /// <summary>From the earlier beginning to the later end of sound and pictures; zero for a still picture.</summary>
    public required TimeSpan Duration { get; init; }

    public required bool HasAudio { get; init; }

    /// <summary>Moving pictures or a still picture; the cover picture of a sound file does not count.</summary>
    public required bool HasVideo { get; init; }

    public bool IsStillImage => Container.IsImage();

    /// <summary>Size in pixels as it is shown (rotation applied); null without pictures.</summary>
    public int? Width { get; init; }

    /// <inheritdoc cref="Width"/>
    public int? Height { get; init; }

    /// <summary>Average frames per second; null without moving pictures.</summary>
    public double? FrameRate { get; init; }
}
