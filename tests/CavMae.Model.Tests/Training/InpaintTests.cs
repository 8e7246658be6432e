using CavMae.Model.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Model.Tests.Training;

public sealed class InpaintTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Theory]
    [InlineData(0.75, 0.75)]
    [InlineData(0.5, 0.9)]
    public void Inpaint_AnyRatios_KeepsWhatWasSeenAndDrawsThePredictions(double audioRatio, double visualRatio)
    {
        using CavMaeModel model = SmallModel.Create(SmallModel.Options());
        (Tensor audio, Tensor visual) = SmallModel.Inputs(batch: 2);
        ObjectiveOptions objective = new() { AudioMaskRatio = audioRatio, VisualMaskRatio = visualRatio };
        MaskingNoise noise = MaskingNoise.Create(2, objective, seed: 1);
        using var noGradient = no_grad();

        Inpainting inpainting = model.Inpaint(audio, visual, objective, noise);

        EncoderOutput encoded = model.ForwardEncoder(audio, visual, objective, noise);
        (Tensor predictedAudio, Tensor predictedVisual) = model.ForwardDecoder(encoded.Latent!, encoded.AudioTokens, encoded.VisualTokens);
        Assert.True(encoded.AudioTokens.Mask.Equals(inpainting.AudioMask));
        Assert.True(encoded.VisualTokens.Mask.Equals(inpainting.VisualMask));
        AssertDrawn(Patches.OfSpectrogram(audio), predictedAudio, Patches.OfSpectrogram(inpainting.Spectrogram), inpainting.AudioMask, 512 - (int)(512 * (1 - audioRatio)));
        AssertDrawn(Patches.OfPicture(visual), predictedVisual, Patches.OfPicture(inpainting.Picture), inpainting.VisualMask, 196 - (int)(196 * (1 - visualRatio)));
    }

    [Fact]
    public void Inpaint_ContrastiveOnlyObjective_StillDraws()
    {
        using CavMaeModel model = SmallModel.Create(SmallModel.Options());
        (Tensor audio, Tensor visual) = SmallModel.Inputs(batch: 1);
        ObjectiveOptions objective = new() { MaeWeight = 0 };
        Inpainting inpainting = model.Inpaint(audio, visual, objective, MaskingNoise.Create(1, objective, seed: 1));
        Assert.Equal([1, 1024, 128], inpainting.Spectrogram.shape);
        Assert.Equal([1, 3, 224, 224], inpainting.Picture.shape);
        Assert.False(visual.Equals(inpainting.Picture));
    }

    private static void AssertDrawn(Tensor seen, Tensor predicted, Tensor drawn, Tensor mask, int maskedPerSample)
    {
        Assert.Equal([maskedPerSample, maskedPerSample], mask.sum([1]).data<float>().ToArray().Select(count => (int)count));
        Tensor isMasked = mask.gt(0);
        Same.Bits(SmallModel.Values(seen[isMasked.logical_not()]), SmallModel.Values(drawn[isMasked.logical_not()]), "seen");
        Same.Bits(SmallModel.Values(predicted[isMasked]), SmallModel.Values(drawn[isMasked]), "masked");
    }
}
