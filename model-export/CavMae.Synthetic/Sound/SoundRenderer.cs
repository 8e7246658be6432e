using System.Buffers;

namespace CavMae.Synthetic.Sound;

/// <summary>The whole sound of a clip: a background that nothing in the picture explains, and the event's grains over it.</summary>
internal static class SoundRenderer
{
    private const float NoOvershoot = 0.98f;

    /// <summary>Fills 10 s of 16 kHz mono sound in −1 … 1.</summary>
    public static void Render(Span<float> samples, Voice voice, EventParameters parameters, ulong key)
    {
        RandomStream random = new(key);
        Background.Render(samples, random);
        int variants = Math.Max(voice.Semitones.Length, voice.Irregularity > 0 ? 3 : 2);
        int length = GrainRenderer.Length(voice, parameters);
        float[] grains = ArrayPool<float>.Shared.Rent(variants * length);
        for (int k = 0; k < variants; k++)
            GrainRenderer.Render(grains.AsSpan(k * length, length), voice, parameters, voice.Semitones[k % voice.Semitones.Length], random);

        float period = 1 / parameters.RateHz;
        float start = -period * random.NextUnit();
        for (int k = 0; start + (k * period) < SyntheticClip.DurationSeconds; k++)
        {
            float lateness = voice.Delays[k % voice.Delays.Length] + (voice.Irregularity * random.Next(-0.5f, 0.5f));
            float at = start + ((k + lateness) * period);
            float decibels = parameters.GainDecibels + voice.Accents[k % voice.Accents.Length]
                + Swell(at, parameters.SwellSeconds) - (voice.Irregularity * random.Next(0, 5));
            ReadOnlySpan<float> grain = grains.AsSpan(k % variants * length, length);
            Add(samples, grain, (int)(at * SyntheticClip.SampleRateHz), GrainRenderer.Decibels(decibels));
        }
        ArrayPool<float>.Shared.Return(grains);
        KeepBelowFullScale(samples);
    }

    /// <summary>0 dB when the thing is nearest, −16 dB more than 4 s away.</summary>
    private static float Swell(float seconds, float nearest)
    {
        float distance = (seconds - nearest) / 2f;
        return -16 * (1 - MathF.Exp(-distance * distance));
    }

    private static void Add(Span<float> samples, ReadOnlySpan<float> grain, int start, float gain)
    {
        int from = Math.Max(0, start), to = Math.Min(samples.Length, start + grain.Length);
        if (to > from)
            Mixing.AddScaled(samples[from..to], grain[(from - start)..], gain);
    }

    private static void KeepBelowFullScale(Span<float> samples)
    {
        float peak = Mixing.Peak(samples);
        if (peak > NoOvershoot)
            Mixing.Scale(samples, NoOvershoot / peak);
    }
}
