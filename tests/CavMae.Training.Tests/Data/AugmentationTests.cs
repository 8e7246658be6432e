using CavMae.Training.Data;

namespace CavMae.Training.Tests.Data;

public sealed class AugmentationTests
{
    [Theory]
    [InlineData(48, 192)]
    [InlineData(0, 192)]
    [InlineData(48, 0)]
    [InlineData(128, 1024)]
    public void Mask_AnyWidths_ClearsOneBandOfBinsAndOneOfFrames(int frequencyMask, int timeMask)
    {
        float[] before = Noise(1);
        for (int seed = 0; seed < 20; seed++)
        {
            float[] spectrogram = Masked(before, frequencyMask, timeMask, seed);

            (int firstBin, int bins) = Bins(spectrogram);
            (int firstFrame, int frames) = Frames(spectrogram);
            Assert.InRange(bins, 0, frequencyMask);
            Assert.InRange(frames, 0, timeMask);
            for (int i = 0; i < before.Length; i++)
            {
                bool isMasked = (i % 128 >= firstBin && i % 128 < firstBin + bins) || (i / 128 >= firstFrame && i / 128 < firstFrame + frames);
                if (spectrogram[i] != (isMasked ? 0 : before[i]))
                    Assert.Fail($"Seed {seed}, frame {i / 128}, bin {i % 128}: {spectrogram[i]}, where {before[i]} was and bins {firstBin} to {firstBin + bins}, frames {firstFrame} to {firstFrame + frames} are masked.");
            }
            Assert.Equal(spectrogram, Masked(before, frequencyMask, timeMask, seed));
        }
    }

    [Fact]
    public void Mask_ManyDraws_TakesAllWidthsAndPlaces()
    {
        float[] before = [.. Enumerable.Repeat(1f, SampleSizes.SpectrogramLength)];
        List<(int First, int Count)> bins = [], frames = [];
        for (int seed = 0; seed < 1000; seed++)
        {
            float[] spectrogram = Masked(before, 48, 192, seed);
            bins.Add(Bins(spectrogram));
            frames.Add(Frames(spectrogram));
        }

        // Each bound is passed by one draw in 50 or more, so that all of 1000 miss it with a chance of 2e-9.
        AssertAll(bins, widest: 48, size: 128, slack: 3);
        AssertAll(frames, widest: 192, size: 1024, slack: 25);

        static void AssertAll(List<(int First, int Count)> bands, int widest, int size, int slack)
        {
            Assert.InRange(bands.Min(band => band.Count), 0, slack);
            Assert.InRange(bands.Max(band => band.Count), widest - slack, widest);
            Assert.Equal(widest / 2.0, bands.Average(band => band.Count) + 0.5, widest / 20.0); // five standard errors; 0.5 is cut off
            Assert.InRange(bands.Where(band => band.Count > 0).Min(band => band.First), 0, slack);
            Assert.InRange(bands.Max(band => band.First + band.Count), size - slack, size);
        }
    }

    [Theory]
    [InlineData(500, 300)]
    [InlineData(300, 500)]
    public void MixSound_AnyLengths_EqualsPlainReference(int firstLength, int secondLength)
    {
        float[] first = Noise(1)[..firstLength], second = Noise(2)[..secondLength];
        double firstMean = first.Average(), secondMean = second.Average();
        double[] expected = [.. first.Select((x, i) => 0.3 * (x - firstMean) + (i < secondLength ? 0.7 * (second[i] - secondMean) : 0))];
        double mean = expected.Average();

        Augmentation.MixSound(first, second, 0.3f);

        for (int i = 0; i < firstLength; i++)
            Assert.Equal(expected[i] - mean, first[i], 1e-6);
    }

    [Fact]
    public void AddNoiseAndRoll_Spectrogram_EqualsPlainReference()
    {
        float[] spectrogram = Noise(3);
        Augmentation.AddNoiseAndRoll(spectrogram, new SampleRandom(9));

        SampleRandom random = new(9);
        float strength = random.NextSingle() / 10;
        float[] noisy = [.. Noise(3).Select(x => x + random.NextSingle() * strength)];
        int shift = random.NextInt(2048) - 1024;
        Assert.NotEqual(0, shift);
        for (int frame = 0; frame < 1024; frame++)
            Assert.Equal(noisy.AsSpan(frame * 128, 128), spectrogram.AsSpan((frame + shift + 2048) % 1024 * 128, 128));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(1023)]
    [InlineData(-1024)]
    public void Roll_AnyShift_MovesFrames(int shift)
    {
        float[] spectrogram = Noise(1), before = Noise(1);
        Augmentation.Roll(spectrogram, shift);
        for (int frame = 0; frame < 1024; frame++)
            Assert.Equal(before[frame * 128 + 5], spectrogram[(frame + shift + 1024) % 1024 * 128 + 5]);
    }

    private static float[] Masked(float[] before, int frequencyMask, int timeMask, int seed)
    {
        float[] spectrogram = [.. before];
        Augmentation.Mask(spectrogram, frequencyMask, timeMask, new SampleRandom(seed));
        return spectrogram;
    }

    /// <summary>From the first to the last frame that is 0 throughout.</summary>
    private static (int First, int Count) Frames(float[] spectrogram)
    {
        int[] zero = [.. Enumerable.Range(0, 1024).Where(frame => !spectrogram.AsSpan(frame * 128, 128).ContainsAnyExcept(0))];
        return zero is [] ? (0, 0) : (zero[0], zero[^1] - zero[0] + 1);
    }

    /// <summary>From the first to the last bin that is 0 in a frame with other numbers too.</summary>
    private static (int First, int Count) Bins(float[] spectrogram)
    {
        int frame = spectrogram.AsSpan().IndexOfAnyExcept(0) / 128;
        int[] zero = [.. Enumerable.Range(0, 128).Where(bin => spectrogram[frame * 128 + bin] == 0)];
        return zero is [] ? (0, 0) : (zero[0], zero[^1] - zero[0] + 1);
    }

    private static float[] Noise(int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, SampleSizes.SpectrogramLength).Select(_ => random.NextSingle() + 0.1f)];
    }
}
