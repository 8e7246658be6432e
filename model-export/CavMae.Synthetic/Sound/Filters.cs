namespace CavMae.Synthetic.Sound;

/// <summary>The few recursive filters that shape a grain, all in place.</summary>
internal static class Filters
{
    /// <summary>A band-pass of unit peak around <paramref name="centreHz"/> (state-variable form), with a trace of the whole band left in.</summary>
    public static void BandPass(Span<float> samples, float centreHz, float quality, float rest)
    {
        float warp = MathF.Tan(MathF.PI * Math.Clamp(centreHz, 30, 7200) / SyntheticClip.SampleRateHz);
        float damping = 1 / quality;
        float scale = 1 / (1 + (warp * (warp + damping)));
        float band = 0, low = 0;
        foreach (ref float sample in samples)
        {
            float high = (sample - low - ((warp + damping) * band)) * scale;
            float push = warp * high;
            float now = push + band;
            band = now + push;
            push = warp * now;
            low += 2 * push;
            sample = (damping * now) + (rest * sample);
        }
    }

    /// <summary>Tips the spectrum in steps about 400, 1200 and 3600 Hz, together by <paramref name="decibels"/> from the lowest to the highest.</summary>
    public static void Tilt(Span<float> samples, float decibels)
    {
        float up = MathF.Pow(10, decibels / 120), down = 1 / up;
        float first = Share(400), second = Share(1200), third = Share(3600);
        float low = 0, middle = 0, high = 0;
        foreach (ref float sample in samples)
        {
            low += first * (sample - low);
            float once = (down * low) + (up * (sample - low));
            middle += second * (once - middle);
            float twice = (down * middle) + (up * (once - middle));
            high += third * (twice - high);
            sample = (down * high) + (up * (twice - high));
        }
    }

    private static float Share(float hertz) => 1 - MathF.Exp(-2 * MathF.PI * hertz / SyntheticClip.SampleRateHz);
}
