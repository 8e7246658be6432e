namespace CavMae.Synthetic;

/// <summary>
/// SplitMix64 (Steele, Lea, Flood 2014): a counter of odd step whose values are mixed by a bijection. Written here because the
/// sequence must never change: a model is trained on what it draws. Not thread-safe.
/// </summary>
internal sealed class RandomStream(ulong key)
{
    private ulong counter = Mix(key);

    public ulong NextBits() => Mix(counter += 0x9E3779B97F4A7C15);

    /// <summary>Uniform in [0, 1), 24 bits.</summary>
    public float NextUnit() => (NextBits() >> 40) * (1f / (1 << 24));

    /// <summary>Uniform in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public float Next(float low, float high) => low + ((high - low) * NextUnit());

    /// <summary>Uniform in 0 … <paramref name="count"/> − 1.</summary>
    public int NextIndex(int count) => (int)(NextUnit() * count);

    /// <summary>A bijection of 64-bit words that scatters neighbours.</summary>
    public static ulong Mix(ulong word)
    {
        word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
        word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
        return word ^ (word >> 31);
    }
}
