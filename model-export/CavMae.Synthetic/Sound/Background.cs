namespace CavMae.Synthetic.Sound;

/// <summary>What a microphone hears anyway: hiss, rumble, mains hum, a click now and then. Never digital silence.</summary>
internal static class Background
{
    private const int MostClicks = 3;

    /// <summary>Overwrites <paramref name="samples"/>.</summary>
    public static void Render(Span<float> samples, RandomStream random)
    {
        samples.Clear();
        AddTable(samples, NoiseTables.White, GrainRenderer.Decibels(random.Next(-74, -60)), random);
        AddTable(samples, NoiseTables.Dull, GrainRenderer.Decibels(random.Next(-72, -58)), random);
        AddHum(samples, random);
        for (int clicks = random.NextIndex(MostClicks + 1); clicks > 0; clicks--)
            AddClick(samples, random);
    }

    private static void AddTable(Span<float> samples, float[] table, float gain, RandomStream random)
    {
        int at = random.NextIndex(NoiseTables.Length);
        for (int done = 0; done < samples.Length;)
        {
            int count = Math.Min(samples.Length - done, NoiseTables.Length - at);
            Mixing.AddScaled(samples.Slice(done, count), table.AsSpan(at, count), gain);
            done += count;
            at = 0;
        }
    }

    private static void AddHum(Span<float> samples, RandomStream random)
    {
        float hertz = random.NextUnit() < 0.5f ? 50 : 60;
        float level = GrainRenderer.Decibels(random.Next(-76, -60));
        // A whole period of all harmonics repeats every 320 (50 Hz) or 800 samples (60 Hz: three periods).
        int period = hertz == 50 ? 320 : 800;
        Span<float> cycle = stackalloc float[period];
        float phase = random.NextUnit();
        for (int i = 0; i < period; i++)
        {
            float turn = 2 * MathF.PI * ((hertz * i / SyntheticClip.SampleRateHz) + phase);
            cycle[i] = MathF.Sin(turn) + (0.6f * MathF.Sin(2 * turn)) + (0.3f * MathF.Sin(3 * turn));
        }
        for (int start = 0; start < samples.Length; start += period)
            Mixing.AddScaled(samples.Slice(start, Math.Min(period, samples.Length - start)), cycle, level);
    }

    private static void AddClick(Span<float> samples, RandomStream random)
    {
        const int Length = 120;
        int start = random.NextIndex(samples.Length - Length);
        float level = GrainRenderer.Decibels(random.Next(-52, -40));
        for (int i = 0; i < Length; i++)
            samples[start + i] += level * random.Next(-1, 1) * (1 - ((float)i / Length));
    }
}
