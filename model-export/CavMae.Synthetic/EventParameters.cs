namespace CavMae.Synthetic;

/// <summary>
/// What sound and picture of a clip share, each in [0, 1]. Every kind of event shows every one of them, in both and at every moment:
/// this is the only place where they become hertz, decibels and pixels.
/// </summary>
/// <param name="Size">Big things are low: radius in the picture, pitch in the sound.</param>
/// <param name="Rate">How fast it repeats: spacing of the repeated marks in the picture.</param>
/// <param name="Loudness">Loud things are bright.</param>
/// <param name="Texture">Rough things are striped and noisy.</param>
/// <param name="Height">High things are brilliant: vertical position against the share of high frequencies.</param>
/// <param name="Place">Things on the left come early: horizontal position against the moment at which the sound swells.</param>
internal readonly record struct EventParameters(float Size, float Rate, float Loudness, float Texture, float Height, float Place)
{
    /// <summary>The names, in the order of <see cref="ToArray"/>.</summary>
    public static readonly string[] Names = ["size", "rate", "loudness", "texture", "height", "place"];

    /// <summary>Radius of the object: 13 to 52 pixels.</summary>
    public float RadiusPixels => 13 * MathF.Pow(4, Size);

    /// <summary>Events a second: 0.8 to 8.</summary>
    public float RateHz => 0.8f * MathF.Pow(10, Rate);

    /// <summary>Distance between repeated marks: 64 (slow) to 8.5 pixels (fast).</summary>
    public float SpacingPixels => 64 * MathF.Pow(8.5f / 64, Rate);

    /// <summary>Saturation of the object's colour: 85 (smooth and glossy) to 5 (rough and grey) of 100.</summary>
    public float Saturation => 85 - (80 * Texture);

    /// <summary>−28 to 0 dB against the loudest.</summary>
    public float GainDecibels => -28 * (1 - Loudness);

    /// <summary>Value (of hue, saturation, value) of the object: 0.32 to 1.</summary>
    public float Brightness => 0.32f + (0.68f * Loudness);

    /// <summary>Highs against lows: −48 to +30 dB.</summary>
    public float TiltDecibels => -48 + (78 * Height);

    /// <summary>Hiss against the rest: −32 to −3 dB.</summary>
    public float AirDecibels => -32 + (29 * Height);

    /// <summary>Thud against the rest: −3 to −32 dB.</summary>
    public float BodyDecibels => -3 - (29 * Height);

    /// <summary>The object's centre, downwards from the top: 168 (low) to 56 pixels (high).</summary>
    public float CentreYPixels => 168 - (112 * Height);

    /// <summary>The object's centre from the left: 60 to 164 pixels.</summary>
    public float CentreXPixels => 60 + (104 * Place);

    /// <summary>When the sound is loudest: 1 to 9 s.</summary>
    public float SwellSeconds => 1 + (8 * Place);

    public float[] ToArray() => [Size, Rate, Loudness, Texture, Height, Place];

    public static EventParameters From(ReadOnlySpan<float> values) => new(values[0], values[1], values[2], values[3], values[4], values[5]);

    public static EventParameters Draw(RandomStream random) =>
        new(random.NextUnit(), random.NextUnit(), random.NextUnit(), random.NextUnit(), random.NextUnit(), random.NextUnit());
}
