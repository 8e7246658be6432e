namespace CavMae.Synthetic.Sound;

/// <summary>A quarter of a million fixed samples of noise of several colours, read from any place on: a generator that costs a copy.</summary>
internal static class NoiseTables
{
    /// <summary>Length of each table: 2^18 samples, then 2^15 more that repeat the first, so that a short run never wraps.</summary>
    public const int Length = 1 << 18;

    public const int Overhang = 1 << 15;

    /// <summary>Uniform noise of RMS 1.</summary>
    public static readonly float[] White = Make(1);

    /// <summary>The same through a one-pole low-pass at about 300 Hz, RMS 1.</summary>
    public static readonly float[] Dull = Make(0.11f);

    /// <summary>What lies above about 5 kHz, RMS 1.</summary>
    public static readonly float[] Air = MakeBand(6500, 2.2f);

    /// <summary>What lies about 110 Hz, RMS 1.</summary>
    public static readonly float[] Body = MakeBand(110, 1.2f);

    private static float[] MakeBand(float centreHz, float quality)
    {
        float[] table = [.. White];
        Filters.BandPass(table.AsSpan(0, Length), centreHz, quality, 0);
        Normalise(table);
        return table;
    }

    private static float[] Make(float share)
    {
        RandomStream random = new(0x5EED);
        float[] table = new float[Length + Overhang];
        float state = 0;
        for (int i = 0; i < Length; i++)
        {
            state += share * (random.Next(-1, 1) - state);
            table[i] = state;
        }
        Normalise(table);
        return table;
    }

    private static void Normalise(float[] table)
    {
        double energy = 0;
        for (int i = 0; i < Length; i++)
            energy += table[i] * table[i];
        float scale = (float)(1 / Math.Sqrt(energy / Length));
        for (int i = 0; i < Length; i++)
            table[i] *= scale;
        table.AsSpan(0, Overhang).CopyTo(table.AsSpan(Length));
    }
}
