namespace CavMae.Synthetic.Sound;

/// <summary>A quarter of a million fixed samples of white and of dull noise, read from any place on: a generator that costs a copy.</summary>
internal static class NoiseTables
{
    /// <summary>Length of each table: 2^18 samples, then 2^14 more that repeat the first, so that a short run never wraps.</summary>
    public const int Length = 1 << 18;

    public const int Overhang = 1 << 15;

    /// <summary>Uniform noise of RMS 1.</summary>
    public static readonly float[] White = Make(1);

    /// <summary>The same through a one-pole low-pass at about 300 Hz, RMS 1.</summary>
    public static readonly float[] Dull = Make(0.11f);

    private static float[] Make(float share)
    {
        RandomStream random = new(0x5EED);
        float[] table = new float[Length + Overhang];
        float state = 0;
        double energy = 0;
        for (int i = 0; i < Length; i++)
        {
            state += share * (random.Next(-1, 1) - state);
            table[i] = state;
            energy += state * state;
        }
        float scale = (float)(1 / Math.Sqrt(energy / Length));
        for (int i = 0; i < Length; i++)
            table[i] *= scale;
        table.AsSpan(0, Overhang).CopyTo(table.AsSpan(Length));
        return table;
    }
}
