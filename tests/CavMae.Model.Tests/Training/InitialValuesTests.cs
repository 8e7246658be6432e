using CavMae.Model.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Model.Tests.Training;

/// <summary>The values that training starts from, at a width where their statistics show.</summary>
public sealed class InitialValuesTests : IDisposable
{
    private static readonly CavMaeOptions Options = SmallModel.Options(modalityDepth: 1, sharedDepth: 1) with { EmbedDim = 64, MlpRatio = 4, DecoderEmbedDim = 48 };

    private readonly CavMaeModel model = Seeded(1);

    public void Dispose() => model.Dispose();

    [Fact]
    public void New_Matrices_FillTheXavierRange()
    {
        foreach ((string name, float[] values) in SmallModel.Values(model).Where(pair => IsMatrix(pair.Key)))
        {
            long[] shape = model.named_parameters().First(named => named.name == name).parameter.shape;
            // Of the matrix [outputs, inputs]; a patch projection is seen as one.
            double bound = Math.Sqrt(6.0 / (shape[0] + values.Length / shape[0]));
            double deviation = Math.Sqrt(values.Average(value => (double)value * value));
            Assert.True(values.Max(Math.Abs) <= bound * (1 + 1e-6), $"{name} reaches {values.Max(Math.Abs)}, beyond {bound}");
            Assert.InRange(values.Max(Math.Abs), 0.98 * bound, double.MaxValue);     // at least 2,304 draws
            Assert.InRange(deviation / (bound / Math.Sqrt(3)), 0.95, 1.05);          // of a uniform distribution
            Assert.InRange(values.Average() / bound, -0.05, 0.05);
        }
    }

    [Fact]
    public void New_BiasesAndNorms_AreZerosAndOnes()
    {
        foreach ((string name, float[] values) in SmallModel.Values(model))
        {
            if (name.EndsWith(".bias", StringComparison.Ordinal) && !name.StartsWith("patch_embed", StringComparison.Ordinal))
                Assert.All(values, value => Assert.Equal(0, value));
            else if (name.Contains("norm", StringComparison.Ordinal))
                Assert.All(values, value => Assert.Equal(1, value));
        }
    }

    [Theory]
    [InlineData("patch_embed_a.proj.bias", 256)]
    [InlineData("patch_embed_v.proj.bias", 768)]
    public void New_PatchBiases_AreTheFrameworks(string name, int inputs)
    {
        float[] values = SmallModel.Values(model)[name];
        double bound = 1 / Math.Sqrt(inputs);
        Assert.InRange(values.Max(Math.Abs), 0.7 * bound, bound);
    }

    [Theory]
    [InlineData("modality_a")]
    [InlineData("modality_v")]
    [InlineData("mask_token")]
    [InlineData("decoder_modality_a")]
    [InlineData("decoder_modality_v")]
    public void New_Vectors_AreNormalOfDeviation002(string name)
    {
        float[] values = SmallModel.Values(model)[name];
        double deviation = Math.Sqrt(values.Average(value => (double)value * value));
        Assert.InRange(deviation, 0.02 * 0.65, 0.02 * 1.35); // four standard errors of 48 draws
        Assert.Equal(values.Length, values.Distinct().Count());
    }

    [Fact]
    public void New_Positions_AreSinesAndCosines()
    {
        Dictionary<string, float[]> values = SmallModel.Values(model);
        Same.Bits(SmallModel.Values(Positions.SinCos(64, 8, 64)), values["pos_embed_a"], "pos_embed_a");
        Same.Bits(SmallModel.Values(Positions.SinCos(48, 14, 14)), values["decoder_pos_embed_v"], "decoder_pos_embed_v");
    }

    [Fact]
    public void New_SameSeed_GivesTheSameValues()
    {
        using CavMaeModel again = Seeded(1), other = Seeded(2);
        Same.Bits(SmallModel.Values(model), SmallModel.Values(again));
        Assert.NotEqual(SmallModel.Values(model)["mask_token"], SmallModel.Values(other)["mask_token"]);
    }

    [Fact]
    public void New_PaperSizes_HasTheFixturesNames()
    {
        using TinyModel tiny = new();
        using CavMaeModel fresh = new(TinyModel.Options);
        Assert.Equal(tiny.Model.named_parameters().Count(), fresh.named_parameters().Count());
        Assert.Empty(fresh.named_buffers());
    }

    private static bool IsMatrix(string name) => name.EndsWith(".weight", StringComparison.Ordinal) && !name.Contains("norm", StringComparison.Ordinal);

    private static CavMaeModel Seeded(long seed)
    {
        random.manual_seed(seed);
        return new CavMaeModel(Options);
    }
}
