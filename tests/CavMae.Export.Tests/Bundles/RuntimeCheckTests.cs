using CavMae.Export.Bundles;
using CavMae.Export.Graphs;

namespace CavMae.Export.Tests.Bundles;

/// <summary>What an optimized graph must hold.</summary>
public sealed class RuntimeCheckTests
{
    private static readonly EncoderSizes Sizes = new(EmbedDim: 32, Heads: 4, MlpWidth: 128, ModalityBlocks: 11, SharedBlocks: 1);

    [Fact]
    public void FindMissingFusions_AllThere_SaysNothing()
    {
        Assert.Equal("", RuntimeCheck.FindMissingFusions(Operators(attention: 12, gelu: 12, wholeNumbers: 0), Sizes, new GraphOptions()));
        Assert.Equal("", RuntimeCheck.FindMissingFusions(Operators(attention: 0, gelu: 12, wholeNumbers: 0), Sizes, new GraphOptions { StandardOperatorsOnly = true }));
        Assert.Equal("", RuntimeCheck.FindMissingFusions(Operators(attention: 12, gelu: 12, wholeNumbers: 46), Sizes,
            new GraphOptions { Precision = ExportPrecision.Int8, FloatLayers = new HashSet<string> { "blocks_a.0.mlp.fc1", "blocks_u.0.attn.qkv" } }));
    }

    [Theory]
    [InlineData(11, 12, 48, "11 fused attention instead of 12")]
    [InlineData(12, 0, 48, "0 fused GELU instead of 12")]
    [InlineData(12, 12, 47, "47 int8 layers instead of 48")]
    public void FindMissingFusions_OneMissing_NamesIt(int attention, int gelu, int wholeNumbers, string expected) => Assert.Equal(expected,
        RuntimeCheck.FindMissingFusions(Operators(attention, gelu, wholeNumbers), Sizes, new GraphOptions { Precision = ExportPrecision.Int8 }));

    private static Dictionary<string, int> Operators(int attention, int gelu, int wholeNumbers) => new(StringComparer.Ordinal)
    {
        ["MultiHeadAttention"] = attention,
        ["Gelu"] = gelu / 2,
        ["BiasGelu"] = gelu - gelu / 2,
        ["DynamicQuantizeMatMul"] = wholeNumbers,
        ["Add"] = 3,
    };
}
