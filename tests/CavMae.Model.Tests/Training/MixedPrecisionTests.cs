using CavMae.Model.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CavMae.Model.Tests.Training;

public sealed class MixedPrecisionTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void ForwardAndBackward_BFloat16_GivesFloat32GradientsCloseToFloat32Ones()
    {
        CavMaeOptions options = SmallModel.Options() with { EmbedDim = 32, DecoderEmbedDim = 32 };
        using CavMaeModel exact = new(options), mixed = new(options);
        SmallModel.Perturb(exact, seed: 1);
        using (no_grad())
        {
            foreach ((Parameter to, Parameter from) in mixed.parameters().Zip(exact.parameters()))
                to.copy_(from);
        }
        mixed.ComputeType = ScalarType.BFloat16;
        (Tensor audio, Tensor visual) = SmallModel.Inputs(batch: 2);
        ObjectiveOptions objective = new() { ContrastiveWeight = 0.1, Temperature = 1 };
        MaskingNoise noise = MaskingNoise.Create(2, objective, seed: 1);

        TrainingLosses exactLosses = exact.Forward(audio, visual, objective, noise), mixedLosses = mixed.Forward(audio, visual, objective, noise);
        exactLosses.Total.backward();
        mixedLosses.Total.backward();

        Assert.Equal(ScalarType.Float32, mixedLosses.Total.dtype);
        Assert.NotEqual(exactLosses.Total.item<float>(), mixedLosses.Total.item<float>());
        Close.Relative(exactLosses.AudioMae!.item<float>(), mixedLosses.AudioMae, Tolerances.HalfPrecisionLoss, "mae_a");
        Close.Relative(exactLosses.VisualMae!.item<float>(), mixedLosses.VisualMae, Tolerances.HalfPrecisionLoss, "mae_v");
        Close.Relative(exactLosses.Contrastive!.item<float>(), mixedLosses.Contrastive, Tolerances.HalfPrecisionLoss, "contrastive");
        foreach ((string name, Parameter parameter) in mixed.named_parameters())
        {
            Tensor? expected = exact.named_parameters().First(named => named.name == name).parameter.grad;
            Assert.Equal(ScalarType.Float32, parameter.dtype);
            Assert.Equal(expected is null, parameter.grad is null);
            if (expected is null)
                continue;
            Assert.Equal(ScalarType.Float32, parameter.grad!.dtype);
            Close.RelativeNorm(expected, parameter.grad!, Tolerances.HalfPrecisionGradient, name);
        }
    }

    [Fact]
    public void Embed_BFloat16_GivesFloat32UnitVectorsOfNearlyTheSameDirection()
    {
        using CavMaeModel model = SmallModel.Create(SmallModel.Options() with { EmbedDim = 32 });
        (Tensor audio, Tensor visual) = SmallModel.Inputs(batch: 2);
        using var noGradient = no_grad();
        (Tensor exactAudio, Tensor exactVisual) = model.Embed(audio, visual);
        model.ComputeType = ScalarType.BFloat16;
        (Tensor mixedAudio, Tensor mixedVisual) = model.Embed(audio, visual);
        Assert.Equal(ScalarType.Float32, mixedAudio.dtype);
        Assert.True((exactAudio * mixedAudio).sum([1]).min().item<float>() > 0.999);
        Assert.True((exactVisual * mixedVisual).sum([1]).min().item<float>() > 0.999);
    }
}
