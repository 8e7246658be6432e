using CavMae.Model.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Model.Tests.Parts;

/// <summary>Every split of three blocks against the encoder in plain C#.</summary>
public sealed class EncoderTests : IDisposable
{
    private const double KeptShare = 0.06;

    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    [InlineData(3, 0)]
    public void ForwardFeatures_AnySplit_EqualsPlainCSharp(int modalityDepth, int sharedDepth)
    {
        using CavMaeModel model = SmallModel.Create(SmallModel.Options(modalityDepth, sharedDepth), seed: 11);
        (Tensor audio, Tensor visual) = SmallModel.Inputs(batch: 1);
        using var noGradient = no_grad();

        (Tensor a, Tensor v) = model.ForwardFeatures(audio, visual);

        ReferenceEncoder reference = new(model);
        AssertClose(Alone(reference, reference.Embed(AudioPatches(audio), "a"), "a"), a);
        AssertClose(Alone(reference, reference.Embed(VisualPatches(visual), "v"), "v"), v);

        double[][] Alone(ReferenceEncoder encoder, double[][] tokens, string letter) => encoder.Norm(
            encoder.Pass(encoder.Pass(tokens, $"blocks_{letter}", modalityDepth, ""), "blocks_u", sharedDepth, $"_{letter}"), $"norm_{letter}");
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public void ForwardEncoder_AnySplit_EqualsPlainCSharp(int modalityDepth, int sharedDepth)
    {
        using CavMaeModel model = SmallModel.Create(SmallModel.Options(modalityDepth, sharedDepth), seed: 12);
        (Tensor audio, Tensor visual) = SmallModel.Inputs(batch: 2);
        ObjectiveOptions objective = new() { AudioMaskRatio = 1 - KeptShare, VisualMaskRatio = 0.9 };
        MaskingNoise noise = MaskingNoise.Create(2, objective, seed: 3);
        using var noGradient = no_grad();

        EncoderOutput output = model.ForwardEncoder(audio, visual, objective, noise);

        ReferenceEncoder reference = new(model);
        for (int sample = 0; sample < 2; sample++)
        {
            double[][] a = reference.Pass(Kept(reference.Embed(AudioPatches(audio[sample].unsqueeze(0)), "a"), noise.Audio[sample], 30), "blocks_a", modalityDepth, "");
            double[][] v = reference.Pass(Kept(reference.Embed(VisualPatches(visual[sample].unsqueeze(0)), "v"), noise.Visual[sample], 19), "blocks_v", modalityDepth, "");
            AssertClose(reference.Norm(reference.Pass([.. a, .. v], "blocks_u", sharedDepth, ""), "norm"), output.Latent![sample]);
            AssertClose(reference.Norm(reference.Pass(a, "blocks_u", sharedDepth, "_a"), "norm_a"), output.Audio![sample]);
            AssertClose(reference.Norm(reference.Pass(v, "blocks_u", sharedDepth, "_v"), "norm_v"), output.Visual![sample]);
        }
    }

    [Fact]
    public void ForwardEncoder_NothingMasked_AgreesWithForwardFeatures()
    {
        // Two shared blocks are chained in both. Without masking the tokens are the same ones in another order.
        using CavMaeModel model = SmallModel.Create(SmallModel.Options(modalityDepth: 1, sharedDepth: 2), seed: 13);
        (Tensor audio, Tensor visual) = SmallModel.Inputs(batch: 2);
        ObjectiveOptions objective = new() { AudioMaskRatio = 0, VisualMaskRatio = 0, MaeWeight = 0 };
        using var noGradient = no_grad();

        EncoderOutput output = model.ForwardEncoder(audio, visual, objective, MaskingNoise.Create(2, objective, seed: 4));
        (Tensor a, Tensor v) = model.ForwardFeatures(audio, visual);

        Close.Absolute(a.mean([1]), output.Audio!.mean([1]), Tolerances.Rounding);
        Close.Absolute(v.mean([1]), output.Visual!.mean([1]), Tolerances.Rounding);
    }

    private static double[][] Kept(double[][] tokens, Tensor noise, int count)
    {
        float[] draws = SmallModel.Values(noise);
        return [.. Enumerable.Range(0, tokens.Length).OrderBy(token => draws[token]).Take(count).Select(token => tokens[token])];
    }

    /// <summary>[mel, frame] of each patch, as the projection's weights lie.</summary>
    private static float[][] AudioPatches(Tensor spectrogram)
    {
        float[] values = SmallModel.Values(spectrogram);
        return [.. Enumerable.Range(0, 512).Select(token => Enumerable.Range(0, 256)
            .Select(i => values[(token % 64 * 16 + i % 16) * 128 + token / 64 * 16 + i / 16]).ToArray())];
    }

    /// <summary>[colour, y, x] of each patch, as the projection's weights lie.</summary>
    private static float[][] VisualPatches(Tensor picture)
    {
        float[] values = SmallModel.Values(picture);
        return [.. Enumerable.Range(0, 196).Select(token => Enumerable.Range(0, 768)
            .Select(i => values[i / 256 * 224 * 224 + (token / 14 * 16 + i / 16 % 16) * 224 + token % 14 * 16 + i % 16]).ToArray())];
    }

    private static void AssertClose(double[][] expected, Tensor actual)
    {
        float[] values = [.. expected.SelectMany(token => token).Select(value => (float)value)];
        Close.Absolute(tensor(values), actual.flatten(), Tolerances.BlockFormula);
    }
}
