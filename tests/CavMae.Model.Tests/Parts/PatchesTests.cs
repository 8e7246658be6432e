using CavMae.Model.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Model.Tests.Parts;

public sealed class PatchesTests : IDisposable
{
    private const int Batch = 2, Frames = 1024, MelBins = 128, Side = 224;

    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void OfSpectrogram_EveryNumber_LiesWhereTheIndexSays()
    {
        Tensor spectrogram = SmallModel.Random(1, Batch, Frames, MelBins);
        float[] source = SmallModel.Values(spectrogram), patches = SmallModel.Values(Patches.OfSpectrogram(spectrogram));
        int wrong = 0;
        for (int i = 0; i < source.Length; i++)
        {
            (int sample, int frame, int mel) = (i / (Frames * MelBins), i / MelBins % Frames, i % MelBins);
            int token = mel / 16 * 64 + frame / 16;
            wrong += patches[(sample * 512 + token) * 256 + mel % 16 * 16 + frame % 16] == source[i] ? 0 : 1;
        }
        Assert.Equal(0, wrong);
    }

    [Fact]
    public void OfPicture_EveryNumber_LiesWhereTheIndexSays()
    {
        Tensor picture = SmallModel.Random(2, Batch, 3, Side, Side);
        float[] source = SmallModel.Values(picture), patches = SmallModel.Values(Patches.OfPicture(picture));
        int wrong = 0;
        for (int i = 0; i < source.Length; i++)
        {
            (int sample, int colour, int y, int x) = (i / (3 * Side * Side), i / (Side * Side) % 3, i / Side % Side, i % Side);
            int token = y / 16 * 14 + x / 16;
            wrong += patches[(sample * 196 + token) * 768 + (y % 16 * 16 + x % 16) * 3 + colour] == source[i] ? 0 : 1;
        }
        Assert.Equal(0, wrong);
    }

    [Fact]
    public void ToSpectrogram_PatchesOfOne_GivesItBack()
    {
        Tensor spectrogram = SmallModel.Random(3, Batch, Frames, MelBins);
        Tensor back = Patches.ToSpectrogram(Patches.OfSpectrogram(spectrogram));
        Assert.Equal(spectrogram.shape, back.shape);
        Same.Bits(SmallModel.Values(spectrogram), SmallModel.Values(back), "spectrogram");
    }

    [Fact]
    public void ToPicture_PatchesOfOne_GivesItBack()
    {
        Tensor picture = SmallModel.Random(4, Batch, 3, Side, Side);
        Tensor back = Patches.ToPicture(Patches.OfPicture(picture));
        Assert.Equal(picture.shape, back.shape);
        Same.Bits(SmallModel.Values(picture), SmallModel.Values(back), "picture");
    }

    [Fact]
    public void OfSpectrogram_PatchProjection_SeesTheSamePatches()
    {
        // The decoder's target number i is the patch that the encoder's projection sees as token i.
        // Multiples of 1/128: their sums are exact in float32, in whatever order they are taken.
        Tensor spectrogram = (SmallModel.Random(5, Batch, Frames, MelBins) * 128).round() / 128;
        using Tensor kernel = ones(1, 1, 16, 16);
        Tensor sums = nn.functional.conv2d(Patches.AsPlane(spectrogram), kernel, strides: [16, 16]).flatten(1);
        Close.Absolute(sums, Patches.OfSpectrogram(spectrogram).sum([-1]), tolerance: 0);
    }
}
