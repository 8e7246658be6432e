using System.Runtime.Intrinsics;

namespace CavMae.Synthetic.Sound;

/// <summary>Adds sines of gliding frequency, eight samples at a time.</summary>
internal static class Partials
{
    /// <summary>Samples in a block over which a frequency changes linearly.</summary>
    public const int Block = 32;

    /// <summary>
    /// Adds <paramref name="level"/>·sin of a partial <paramref name="ratio"/> times as fast as the fundamental.
    /// </summary>
    /// <param name="samples">Samples to add to; a multiple of <see cref="Block"/> long.</param>
    /// <param name="turns">Phase of the fundamental, in turns, at every block's start and at the end.</param>
    public static void Add(Span<float> samples, ReadOnlySpan<double> turns, float ratio, float level)
    {
        Vector256<float> lanes = Vector256.Create(0f, 1, 2, 3, 4, 5, 6, 7);
        for (int block = 0; block < samples.Length / Block; block++)
        {
            double first = turns[block] * ratio, last = turns[block + 1] * ratio;
            float step = (float)((last - first) / Block);
            Vector256<float> phase = Vector256.Create((float)(first - Math.Floor(first))) + (lanes * step);
            for (int i = block * Block; i < (block + 1) * Block; i += 8)
            {
                Vector256<float> sum = Vector256.Create<float>(samples.Slice(i, 8)) + (Sine(phase) * level);
                sum.CopyTo(samples.Slice(i, 8));
                phase += Vector256.Create(8 * step);
            }
        }
    }

    /// <summary>sin(2π·turns) by the odd polynomial of degree 7 on a quarter turn; error below 2e-4, −74 dB.</summary>
    private static Vector256<float> Sine(Vector256<float> turns)
    {
        Vector256<float> t = turns - Vector256.Floor(turns + Vector256.Create(0.5f)); // −½ … ½
        Vector256<float> mirrored = Vector256.ConditionalSelect(
            Vector256.GreaterThan(Vector256.Abs(t), Vector256.Create(0.25f)),
            Vector256.CopySign(Vector256.Create(0.5f), t) - t,
            t);
        Vector256<float> x = mirrored * (2 * MathF.PI);
        Vector256<float> square = x * x;
        Vector256<float> tail = Vector256.Create(1f / 120) - (square * Vector256.Create(1f / 5040));
        return x * (Vector256<float>.One - (square * (Vector256.Create(1f / 6) - (square * tail))));
    }
}
