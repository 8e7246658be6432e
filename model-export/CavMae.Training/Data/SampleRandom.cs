namespace CavMae.Training.Data;

/// <summary>
/// Random numbers that are a function of what they are for: SplitMix64, started from a hash of the given keys (seed, epoch, index …),
/// so that any sample of any epoch can be made again, on any thread, system and version of .NET. Not thread-safe.
/// </summary>
/// <remarks>Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators (2014): the finalizer and the increment.</remarks>
public sealed class SampleRandom
{
    private const ulong Increment = 0x9E3779B97F4A7C15;

    private ulong _state;

    /// <param name="keys">Any change of any of them, or of their order, gives other numbers.</param>
    public SampleRandom(params ReadOnlySpan<long> keys)
    {
        foreach (long key in keys)
            _state = Mix(_state + Increment + Mix((ulong)key + Increment));
    }

    /// <summary>64 random bits.</summary>
    public ulong NextBits() => Mix(_state += Increment);

    /// <summary>0 ≤ x &lt; 1, in steps of 2⁻⁵³.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1L << 53));

    /// <summary>0 ≤ x &lt; 1, in steps of 2⁻²⁴.</summary>
    public float NextSingle() => (NextBits() >> 40) * (1f / (1 << 24));

    /// <summary>0 … <paramref name="count"/> − 1, equally likely.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Nothing to choose from.</exception>
    public int NextInt(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ulong bound = (ulong)count, biased = ulong.MaxValue - ulong.MaxValue % bound;
        ulong bits;
        do
            bits = NextBits();
        while (bits >= biased);
        return (int)(bits % bound);
    }

    /// <summary>
    /// Beta(n, n) for a whole n, as G₁ / (G₁ + G₂) of two Gamma(n) numbers, each minus the logarithm of a product of n uniform ones.
    /// </summary>
    public double NextBeta(int n)
    {
        double first = NextGamma(n), second = NextGamma(n);
        return first / (first + second);
    }

    private double NextGamma(int n)
    {
        double sum = 0;
        for (int i = 0; i < n; i++)
            sum -= Math.Log(1 - NextDouble());
        return sum;
    }

    private static ulong Mix(ulong bits)
    {
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }
}
