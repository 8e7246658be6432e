using System.Buffers;
using System.Numerics.Tensors;

namespace CavMae.Training.Data;

/// <summary>What training does to a sample so that it never is quite the same; every random number comes from the caller.</summary>
internal static class Augmentation
{
    private const int Frames = SampleSizes.Frames, MelBins = SampleSizes.MelBins;

    /// <summary>
    /// λ · first + (1 − λ) · second, each without its own mean, the sum without its own again. Of the second sound the part that lies under the first
    /// counts; where it is shorter, silence follows.
    /// </summary>
    /// <param name="first">Mixed in place.</param>
    public static void MixSound(Span<float> first, Span<float> second, float lambda)
    {
        RemoveMean(first);
        RemoveMean(second);
        int both = Math.Min(first.Length, second.Length);
        TensorPrimitives.Multiply(first, lambda, first);
        TensorPrimitives.MultiplyAdd(second[..both], 1 - lambda, first[..both], first[..both]);
        RemoveMean(first);
    }

    /// <summary>λ · first + (1 − λ) · second, in place.</summary>
    public static void MixPicture(Span<float> first, ReadOnlySpan<float> second, float lambda)
    {
        TensorPrimitives.Multiply(first, lambda, first);
        TensorPrimitives.MultiplyAdd(second, 1 - lambda, first, first);
    }

    /// <summary>
    /// SpecAugment: zeros over one band of mel bins and one of frames. A band's width is a uniform share of the largest, its beginning a
    /// uniform share of what is left; both are cut to whole numbers.
    /// </summary>
    public static void Mask(Span<float> spectrogram, int frequencyMask, int timeMask, SampleRandom random)
    {
        (int firstBin, int bins) = Band(MelBins, frequencyMask, random);
        (int firstFrame, int frames) = Band(Frames, timeMask, random);
        for (int frame = 0; frame < Frames && bins > 0; frame++)
            spectrogram.Slice(frame * MelBins + firstBin, bins).Clear();
        spectrogram.Slice(firstFrame * MelBins, frames * MelBins).Clear();
    }

    /// <summary>Adds U(0, 1) · u / 10 to every number, u ~ U(0, 1) once.</summary>
    public static void AddNoise(Span<float> spectrogram, SampleRandom random)
    {
        float strength = random.NextSingle() / 10;
        foreach (ref float value in spectrogram)
            value += random.NextSingle() * strength;
    }

    /// <summary><see cref="AddNoise"/>, then rolls in time by −1024 … 1023 frames.</summary>
    public static void AddNoiseAndRoll(Span<float> spectrogram, SampleRandom random)
    {
        AddNoise(spectrogram, random);
        Roll(spectrogram, random.NextInt(2 * Frames) - Frames);
    }

    /// <summary>Frame t goes to t + shift, round the end.</summary>
    public static void Roll(Span<float> spectrogram, int shift)
    {
        int head = ((shift % Frames + Frames) % Frames) * MelBins;
        float[] copy = ArrayPool<float>.Shared.Rent(spectrogram.Length);
        spectrogram.CopyTo(copy);
        copy.AsSpan(0, spectrogram.Length - head).CopyTo(spectrogram[head..]);
        copy.AsSpan(spectrogram.Length - head, head).CopyTo(spectrogram);
        ArrayPool<float>.Shared.Return(copy);
    }

    private static (int First, int Count) Band(int size, int largest, SampleRandom random)
    {
        double width = random.NextDouble() * largest;
        double first = random.NextDouble() * (size - width);
        return ((int)first, (int)width);
    }

    private static void RemoveMean(Span<float> values) =>
        TensorPrimitives.Subtract(values, TensorPrimitives.Sum<float>(values) / values.Length, values);
}
