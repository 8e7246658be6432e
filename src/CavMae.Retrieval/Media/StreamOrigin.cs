namespace CavMae.Retrieval.Media;

/// <summary>
/// Where a clip's time begins: with its first picture or its first sound, whichever is earlier. The other one then starts late.
/// </summary>
/// <param name="SoundStart">From the clip's beginning to its first sound; zero without sound.</param>
/// <param name="PicturesStart">From the clip's beginning to its first picture; zero without pictures.</param>
internal readonly record struct StreamOrigin(TimeSpan SoundStart, TimeSpan PicturesStart)
{
    /// <summary>
    /// Up to here both count as starting together, each at its own first packet. The encoders' priming (up to 0.05 s) and reordered
    /// pictures shift streams that much against each other, and the published implementation knows no such shift at all.
    /// </summary>
    private static readonly TimeSpan Together = TimeSpan.FromSeconds(0.1);

    /// <param name="soundSeconds">First sound's time stamp; null where there is no sound, or no time stamps.</param>
    /// <param name="picturesSeconds">First picture's time stamp; null where there are no pictures, or no time stamps.</param>
    public static StreamOrigin Of(double? soundSeconds, double? picturesSeconds)
    {
        if (soundSeconds is not { } sound || picturesSeconds is not { } pictures)
            return default;
        // Absurd stamps are as late as anything can be; the limit on duration refuses them.
        double lateSeconds = Math.Clamp(sound - pictures, -1e9, 1e9);
        TimeSpan late = TimeSpan.FromSeconds(lateSeconds);
        if (late.Duration() <= Together)
            return default;
        return late > TimeSpan.Zero ? new StreamOrigin(late, TimeSpan.Zero) : new StreamOrigin(TimeSpan.Zero, late.Negate());
    }
}
