using System.Numerics;
using System.Runtime.InteropServices;

namespace CavMae.Synthetic.Sound;

/// <summary>Elementwise loops over sound, as wide as the machine; each element's result is the same at any width.</summary>
internal static class Mixing
{
    /// <summary>samples += gain·<paramref name="added"/> (at least as long).</summary>
    public static void AddScaled(Span<float> samples, ReadOnlySpan<float> added, float gain)
    {
        Span<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(samples);
        ReadOnlySpan<Vector<float>> wideAdded = MemoryMarshal.Cast<float, Vector<float>>(added);
        for (int i = 0; i < wide.Length; i++)
            wide[i] += wideAdded[i] * gain;
        for (int i = wide.Length * Vector<float>.Count; i < samples.Length; i++)
            samples[i] += added[i] * gain;
    }

    public static void Scale(Span<float> samples, float gain)
    {
        foreach (ref float sample in samples)
            sample *= gain;
    }

    /// <summary>Greatest magnitude.</summary>
    public static float Peak(ReadOnlySpan<float> samples)
    {
        Vector<float> greatest = Vector<float>.Zero;
        ReadOnlySpan<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(samples);
        foreach (Vector<float> some in wide)
            greatest = Vector.Max(greatest, Vector.Abs(some));
        float peak = 0;
        for (int i = 0; i < Vector<float>.Count; i++)
            peak = Math.Max(peak, greatest[i]);
        foreach (float sample in samples[(wide.Length * Vector<float>.Count)..])
            peak = Math.Max(peak, MathF.Abs(sample));
        return peak;
    }
}
