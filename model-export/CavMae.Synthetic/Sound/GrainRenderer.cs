using System.Buffers;

namespace CavMae.Synthetic.Sound;

/// <summary>Renders one grain of a voice: partials and noise, envelope, roughness, tilt, brought to one level.</summary>
internal static class GrainRenderer
{
    /// <summary>RMS of the loudest 25 ms (what one log-mel frame hears) of a grain at 0 dB.</summary>
    private const float FrameLevel = 0.2f;

    private const float LongestSeconds = 1.4f;
    private const float FlutterHz = 25;

    /// <summary>White noise left beside the band, so that the tilt can be heard in all of the spectrum.</summary>
    private const float NoiseRest = 0.05f;

    /// <summary>Samples of a grain: a whole number of blocks, at most 1.4 s.</summary>
    public static int Length(Voice voice, EventParameters parameters)
    {
        float period = 1 / parameters.RateHz;
        float seconds = voice.Held ? voice.Duty * period : Math.Min(voice.DecaySeconds, 1.3f * period);
        int samples = (int)(Math.Clamp(seconds, 0.012f, LongestSeconds) * SyntheticClip.SampleRateHz);
        return Math.Max(1, samples / Partials.Block) * Partials.Block;
    }

    /// <summary>Fills <paramref name="grain"/> (as long as <see cref="Length"/> says), transposed by <paramref name="semitones"/>.</summary>
    public static void Render(Span<float> grain, Voice voice, EventParameters parameters, float semitones, RandomStream random)
    {
        float fundamental = voice.FundamentalHz(parameters.Size) * MathF.Pow(2, semitones / 12);
        AddPartials(grain, voice, fundamental);
        AddNoise(grain, voice, parameters, fundamental, random);
        Filters.Tilt(grain, parameters.TiltDecibels);
        AddAirAndBody(grain, parameters, random);
        Shape(grain, voice, parameters);
        FadeEnd(grain);
        Level(grain);
    }

    private static void AddPartials(Span<float> grain, Voice voice, float fundamental)
    {
        grain.Clear();
        int blocks = grain.Length / Partials.Block;
        Span<double> turns = stackalloc double[blocks + 1];
        float highest = 1;
        for (int block = 0; block <= blocks; block++)
        {
            float factor = voice.Glide?.Invoke((block + 0.5f) / (blocks + 1)) ?? 1;
            highest = Math.Max(highest, factor);
            if (block < blocks)
                turns[block + 1] = turns[block] + (fundamental * factor * Partials.Block / SyntheticClip.SampleRateHz);
        }
        float norm = 1 / MathF.Sqrt(voice.Levels.Sum(level => level * level) / 2);
        for (int k = 0; k < voice.Ratios.Length; k++)
        {
            if (fundamental * voice.Ratios[k] * highest < 7600)
                Partials.Add(grain, turns, voice.Ratios[k], voice.Levels[k] * norm);
        }
    }

    private static void AddNoise(Span<float> grain, Voice voice, EventParameters parameters, float fundamental, RandomStream random)
    {
        float[] noise = ArrayPool<float>.Shared.Rent(grain.Length);
        Span<float> band = noise.AsSpan(0, grain.Length);
        NoiseTables.White.AsSpan(random.NextIndex(NoiseTables.Length), grain.Length).CopyTo(band);
        float centre = fundamental * voice.NoiseRatio;
        // Smooth things have a narrow band, rough ones a wide one.
        Filters.BandPass(band, centre, voice.NoiseQuality * MathF.Pow(2, 1 - (2 * parameters.Texture)), NoiseRest);
        // Brought to RMS 1, so that the share of noise does not depend on the band's width.
        float decibels = voice.NoiseDecibels.Smooth + ((voice.NoiseDecibels.Rough - voice.NoiseDecibels.Smooth) * parameters.Texture);
        float gain = Decibels(decibels) / (MathF.Sqrt(MeanSquare(band)) + 1e-6f);
        for (int i = 0; i < grain.Length; i++)
            grain[i] += gain * band[i];
        ArrayPool<float>.Shared.Return(noise);
    }

    /// <summary>
    /// Brings the grain to RMS 1 and adds what every struck or blown thing has besides its pitch: a hiss (much where it is high up) and
    /// a thud (much where it is low down). So the brilliance can be heard of a pure tone, too.
    /// </summary>
    private static void AddAirAndBody(Span<float> grain, EventParameters parameters, RandomStream random)
    {
        Mixing.Scale(grain, 1 / (MathF.Sqrt(MeanSquare(grain)) + 1e-9f));
        Mixing.AddScaled(grain, NoiseTables.Air.AsSpan(random.NextIndex(NoiseTables.Length), grain.Length), Decibels(parameters.AirDecibels));
        Mixing.AddScaled(grain, NoiseTables.Body.AsSpan(random.NextIndex(NoiseTables.Length), grain.Length), Decibels(parameters.BodyDecibels));
    }

    private static void Shape(Span<float> grain, Voice voice, EventParameters parameters)
    {
        int blocks = grain.Length / Partials.Block;
        const float BlockSeconds = (float)Partials.Block / SyntheticClip.SampleRateHz;
        float length = blocks * BlockSeconds;
        float attack = Math.Min(voice.AttackSeconds, 0.4f * length);
        float last = Envelope(0);
        for (int block = 0; block < blocks; block++)
        {
            float next = Envelope((block + 1) * BlockSeconds);
            float step = (next - last) / Partials.Block;
            foreach (ref float sample in grain.Slice(block * Partials.Block, Partials.Block))
            {
                sample *= last;
                last += step;
            }
            last = next;
        }

        float Envelope(float seconds)
        {
            float rise = Math.Min(1, (seconds + 1e-4f) / attack);
            float fall = voice.Held ? Math.Clamp((length - seconds) / attack, 0, 1) : MathF.Exp(-6.9f * seconds / length);
            float flutter = 1 - (0.9f * parameters.Texture * (0.5f - (0.5f * MathF.Cos(2 * MathF.PI * FlutterHz * seconds))));
            float pulse = voice.PulseHz == 0 ? 1 : 0.04f + (0.96f * MathF.Max(0, MathF.Sin(2 * MathF.PI * voice.PulseHz * seconds)));
            return rise * fall * flutter * pulse;
        }
    }

    private static void FadeEnd(Span<float> grain)
    {
        int fade = Math.Min(64, grain.Length / 4);
        for (int i = 0; i < fade; i++)
            grain[^(i + 1)] *= (float)i / fade;
    }

    private static void Level(Span<float> grain)
    {
        const int Frame = SyntheticClip.SampleRateHz / 40;
        float loudest = 0, peak = 0;
        for (int start = 0; start < grain.Length; start += Frame / 2)
        {
            Span<float> frame = grain.Slice(start, Math.Min(Frame, grain.Length - start));
            loudest = Math.Max(loudest, MeanSquare(frame) * frame.Length / Frame);
        }
        foreach (float sample in grain)
            peak = Math.Max(peak, MathF.Abs(sample));
        float gain = Math.Min(FrameLevel / MathF.Sqrt(loudest + 1e-12f), 0.8f / (peak + 1e-6f));
        foreach (ref float sample in grain)
            sample *= gain;
    }

    internal static float Decibels(float decibels) => MathF.Pow(10, decibels / 20);

    private static float MeanSquare(ReadOnlySpan<float> samples)
    {
        float sum = 0;
        foreach (float sample in samples)
            sum += sample * sample;
        return sum / Math.Max(1, samples.Length);
    }
}
