using CavMae.Training.Data;

namespace CavMae.Training.Tests.Data;

public sealed class AugmentationTests
{
    [Theory]
    [InlineData(48, 192)]
    [InlineData(0, 192)]
    [InlineData(48, 0)]
    [InlineData(128, 1024)]
    public void Mask_AnyWidths_EqualsPlainReference(int frequencyMask, int timeMask)
    {
        for (int seed = 0; seed < 5; seed++)
        {
            float[] spectrogram = Noise(1);
            Augmentation.Mask(spectrogram, frequencyMask, timeMask, new SampleRandom(seed));

            SampleRandom random = new(seed);
            (int firstBin, int endBin) = Band(128, frequencyMask, random);
            (int firstFrame, int endFrame) = Band(1024, timeMask, random);
            float[] expected = Noise(1);
            for (int i = 0; i < expected.Length; i++)
            {
                if ((i % 128 >= firstBin && i % 128 < endBin) || (i / 128 >= firstFrame && i / 128 < endFrame))
                    expected[i] = 0;
            }
            Assert.Equal(expected, spectrogram);
        }

        static (int, int) Band(int size, int largest, SampleRandom random)
        {
            double width = random.NextDouble() * largest, first = random.NextDouble() * (size - width);
            return ((int)first, (int)first + (int)width);
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

    private static float[] Noise(int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, SampleSizes.SpectrogramLength).Select(_ => random.NextSingle() + 0.1f)];
    }
}
