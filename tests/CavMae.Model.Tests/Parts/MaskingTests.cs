using CavMae.Model.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Model.Tests.Parts;

public sealed class MaskingTests : IDisposable
{
    private const int Batch = 3, Width = 2, Rows = CavMaeOptions.AudioRows, Columns = CavMaeOptions.AudioColumns, Tokens = CavMaeOptions.AudioTokens;

    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Theory]
    [InlineData(512, 0)]
    [InlineData(512, 0.5)]
    [InlineData(512, 0.75)]
    [InlineData(196, 0.5)]
    [InlineData(196, 0.9)]
    [InlineData(196, 0.994)]
    public void Apply_AnyRatio_EqualsSortingInCSharp(int count, double ratio)
    {
        Tensor tokens = SmallModel.Random(1, Batch, count, Width), noise = SmallModel.Random(2, Batch, count);
        float[] values = SmallModel.Values(tokens), draws = SmallModel.Values(noise);

        MaskedTokens masked = Masking.Apply(tokens, ratio, noise);

        int kept = (int)(count * (1 - ratio));
        Assert.Equal([Batch, kept, Width], masked.Kept.shape);
        for (int sample = 0; sample < Batch; sample++)
        {
            int[] order = [.. Enumerable.Range(0, count).OrderBy(token => draws[sample * count + token])];
            for (int place = 0; place < count; place++)
            {
                int token = order[place];
                Assert.Equal(place, masked.IdsRestore[sample, token].item<long>());
                Assert.Equal(place < kept ? 0f : 1f, masked.Mask[sample, token].item<float>());
                for (int i = 0; place < kept && i < Width; i++)
                    Assert.Equal(values[(sample * count + token) * Width + i], masked.Kept[sample, place, i].item<float>());
            }
        }
    }

    [Fact]
    public void Apply_NothingMasked_KeepsEveryTokenInTheOrderOfTheNoise()
    {
        Tensor tokens = SmallModel.Random(1, Batch, 10, Width);
        MaskedTokens masked = Masking.Apply(tokens, ratio: 0, SmallModel.Random(2, Batch, 10));
        Tensor restored = masked.Kept.gather(1, masked.IdsRestore.unsqueeze(-1).expand(Batch, 10, Width));
        Same.Bits(SmallModel.Values(tokens), SmallModel.Values(restored), "tokens");
        Assert.Equal(0, masked.Mask.sum().item<float>());
    }

    [Fact]
    public void ForwardEncoder_RatiosThatDiffer_MasksEachByItsOwn()
    {
        using CavMaeModel model = SmallModel.Create(SmallModel.Options());
        (Tensor audio, Tensor visual) = SmallModel.Inputs(batch: 2);
        ObjectiveOptions objective = new() { AudioMaskRatio = 0.9, VisualMaskRatio = 0.25 };
        EncoderOutput output = model.ForwardEncoder(audio, visual, objective, MaskingNoise.Create(2, objective, seed: 1));
        Assert.Equal([2, 51, SmallModel.Width], output.Audio!.shape);    // int(512 · 0.1)
        Assert.Equal([2, 147, SmallModel.Width], output.Visual!.shape);  // int(196 · 0.75)
        Assert.Equal([2, 51 + 147, SmallModel.Width], output.Latent!.shape);
        Assert.Equal(2 * (512 - 51), output.AudioTokens.Mask.sum().item<float>());
        Assert.Equal(2 * (196 - 147), output.VisualTokens.Mask.sum().item<float>());
    }

    [Theory]
    [InlineData(AudioMasking.Time, 0.75, 48, 0)]
    [InlineData(AudioMasking.Time, 0.5, 32, 0)]
    [InlineData(AudioMasking.Time, 0.99, 63, 0)]
    [InlineData(AudioMasking.Time, 0.01, 0, 0)]
    [InlineData(AudioMasking.Frequency, 0.75, 0, 6)]
    [InlineData(AudioMasking.Frequency, 0.5, 0, 4)]
    [InlineData(AudioMasking.Frequency, 0.1, 0, 0)]
    [InlineData(AudioMasking.TimeFrequency, 0.75, 33, 4)] // leaves 4 · 31 = 124 whole
    [InlineData(AudioMasking.TimeFrequency, 0.5, 22, 2)]
    public void AddStructure_AnyMasking_ExcludesWholeLines(AudioMasking masking, double ratio, int columns, int rows)
    {
        Tensor noise = SmallModel.Random(3, Batch, Tokens).abs() * 0.99f;
        float[] before = SmallModel.Values(noise);
        Masking.AddStructure(noise, masking, ratio, new Random(4));
        float[] after = SmallModel.Values(noise);

        HashSet<string> patterns = [];
        for (int sample = 0; sample < Batch; sample++)
        {
            bool IsExcluded(int row, int column) => after[sample * Tokens + row * Columns + column] > 1;
            int[] wholeColumns = [.. Enumerable.Range(0, Columns).Where(column => Enumerable.Range(0, Rows).All(row => IsExcluded(row, column)))];
            int[] wholeRows = [.. Enumerable.Range(0, Rows).Where(row => Enumerable.Range(0, Columns).All(column => IsExcluded(row, column)))];
            Assert.Equal(columns, wholeColumns.Length);
            Assert.Equal(rows, wholeRows.Length);
            for (int i = 0; i < Tokens; i++)
            {
                bool isInLine = wholeColumns.Contains(i % Columns) || wholeRows.Contains(i / Columns);
                Assert.Equal(isInLine ? 1.1f : before[sample * Tokens + i], after[sample * Tokens + i]);
            }
            patterns.Add($"{string.Join(',', wholeColumns)} {string.Join(',', wholeRows)}");
        }
        if (columns + rows > 0)
            Assert.True(patterns.Count > 1, "every sample has its own lines");
    }

    [Fact]
    public void AddStructure_Unstructured_ChangesNothing()
    {
        Tensor noise = SmallModel.Random(3, Batch, Tokens);
        float[] before = SmallModel.Values(noise);
        Masking.AddStructure(noise, AudioMasking.Unstructured, 0.75, new Random(4));
        Same.Bits(before, SmallModel.Values(noise), "noise");
    }

    [Theory]
    [InlineData(AudioMasking.Unstructured)]
    [InlineData(AudioMasking.Time)]
    [InlineData(AudioMasking.Frequency)]
    [InlineData(AudioMasking.TimeFrequency)]
    public void Apply_NoiseOfAnyStructure_KeepsAQuarterAndTakesExcludedTokensLast(AudioMasking structure)
    {
        ObjectiveOptions objective = new() { AudioMasking = structure };
        MaskingNoise noise = MaskingNoise.Create(Batch, objective, seed: 5);
        Tensor mask = Masking.Apply(zeros(Batch, Tokens, 1), objective.AudioMaskRatio, noise.Audio).Mask;

        Tensor whole = noise.Audio.lt(1);
        Tensor keptWhole = mask.eq(0).logical_and(whole).sum([1]);
        for (int sample = 0; sample < Batch; sample++)
        {
            long wholeCount = whole[sample].sum().item<long>();
            Assert.Equal(128, Tokens - mask[sample].sum().item<float>());
            Assert.Equal(structure switch { AudioMasking.Unstructured => 512, AudioMasking.TimeFrequency => 124, _ => 128 }, wholeCount);
            Assert.Equal(Math.Min(wholeCount, 128), keptWhole[sample].item<long>());
        }
    }

    [Fact]
    public void CreateNoise_SameSeed_GivesTheSameNoise()
    {
        ObjectiveOptions objective = new() { AudioMasking = AudioMasking.TimeFrequency };
        MaskingNoise first = MaskingNoise.Create(2, objective, seed: 7), again = MaskingNoise.Create(2, objective, seed: 7), other = MaskingNoise.Create(2, objective, seed: 8);
        Same.Bits(SmallModel.Values(first.Audio), SmallModel.Values(again.Audio), "audio");
        Same.Bits(SmallModel.Values(first.Visual), SmallModel.Values(again.Visual), "visual");
        Assert.False(first.Audio.Equals(other.Audio));
        Assert.False(first.Visual.Equals(other.Visual));
        Assert.Equal([2, 196], first.Visual.shape);
        Assert.True(first.Visual.min().item<float>() >= 0 && first.Visual.max().item<float>() < 1);
    }

    [Theory]
    [InlineData(0.999, 0.5)]
    [InlineData(0.5, 0.996)]
    [InlineData(1, 0.5)]
    [InlineData(0.5, -0.1)]
    [InlineData(double.NaN, 0.5)]
    [InlineData(0, 0.5)] // nothing to rebuild
    public void Validate_RatioThatCannotBeTrained_IsRefused(double audio, double visual)
    {
        ObjectiveOptions objective = new() { AudioMaskRatio = audio, VisualMaskRatio = visual };
        Assert.Contains("MaskRatio is ", Assert.Throws<ArgumentException>(objective.Validate).Message, StringComparison.Ordinal);
    }
}
