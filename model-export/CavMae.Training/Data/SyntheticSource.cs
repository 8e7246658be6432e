using System.Buffers;
using CavMae.Synthetic;

namespace CavMae.Training.Data;

/// <summary>
/// Synthetic clips straight from their generator: in training each epoch has clips of its own, and a random one of the ten
/// frames; in validation the clips are always the same, and so is the frame, number 5.
/// </summary>
/// <param name="split">Which of the two disjoint streams.</param>
/// <param name="seed">Of the stream.</param>
/// <param name="count">Clips in an epoch.</param>
/// <param name="isTraining">Fresh clips, random frames and, where asked for, noise.</param>
/// <param name="noise">Add noise to the spectrogram, as the published recipe does.</param>
public sealed class SyntheticSource(SyntheticSplit split, int seed, int count, bool isTraining, bool noise = false) : ISampleSource
{
    private const int FrameCount = 10, EvaluationFrame = 5;

    private const int PixelsPerPicture = SampleSizes.PictureSide * SampleSizes.PictureSide;

    public int Count => count;

    public string NameOf(int index) => $"synthetic clip {index}";

    public void Read(int index, int epoch, int occurrence, Span<float> spectrogram, Span<float> picture)
    {
        int number = isTraining ? checked(epoch * count + index) : index;
        SyntheticClip clip = SyntheticClip.Create(split, seed, number);
        SampleRandom random = new(seed, number);
        int frame = isTraining ? random.NextInt(FrameCount) : EvaluationFrame;

        float[] sound = ArrayPool<float>.Shared.Rent(SyntheticClip.SampleCount);
        byte[] pixels = ArrayPool<byte>.Shared.Rent(3 * PixelsPerPicture);
        try
        {
            clip.RenderSound(sound.AsSpan(0, SyntheticClip.SampleCount));
            LogMel.Compute(sound.AsSpan(0, SyntheticClip.SampleCount), spectrogram);
            LogMel.Normalize(spectrogram);
            if (isTraining && noise)
                Augmentation.AddNoise(spectrogram, random);
            clip.RenderFrame(SyntheticClip.SecondsOfFrame(frame), pixels.AsSpan(0, 3 * PixelsPerPicture));
            Pixels.Normalize(pixels.AsSpan(0, 3 * PixelsPerPicture), picture);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(sound);
            ArrayPool<byte>.Shared.Return(pixels);
        }
    }
}
