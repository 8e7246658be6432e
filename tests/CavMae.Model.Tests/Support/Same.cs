using System.Runtime.InteropServices;

namespace CavMae.Model.Tests.Support;

/// <summary>Bit for bit: −0 is not 0, and a NaN equals itself.</summary>
internal static class Same
{
    public static void Bits(Dictionary<string, float[]> expected, Dictionary<string, float[]> actual)
    {
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        foreach ((string name, float[] values) in expected)
            Bits(values, actual[name], name);
    }

    public static void Bits(float[] expected, float[] actual, string name)
    {
        Assert.Equal(expected.Length, actual.Length);
        int equal = MemoryMarshal.AsBytes(expected.AsSpan()).CommonPrefixLength(MemoryMarshal.AsBytes(actual.AsSpan())) / sizeof(float);
        Assert.True(equal == expected.Length, equal == expected.Length ? "" : $"{name}[{equal}] is {actual[equal]} instead of {expected[equal]}");
    }
}
