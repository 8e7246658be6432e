namespace CavMae.Training.Data;

/// <summary>Where training samples come from: a prepared data set, or synthetic clips. Reading is thread-safe.</summary>
public interface ISampleSource
{
    /// <summary>Samples in an epoch.</summary>
    int Count { get; }

    /// <summary>
    /// Reads one sample, normalised as the model takes it. The same index, epoch, occurrence and seed give the same numbers, on any
    /// thread and in any order.
    /// </summary>
    /// <param name="index">0 … <see cref="Count"/> − 1.</param>
    /// <param name="epoch">Counts from 0; chooses the frame and the augmentations.</param>
    /// <param name="occurrence">
    /// Counts from 0; another draw of frame and augmentations for a sample that an epoch takes more than once. A source of which every
    /// epoch takes each sample once may ignore it.
    /// </param>
    /// <param name="spectrogram">Receives [1024 frames, 128 mel bins], normalised by (x + 5.081) / 4.4849.</param>
    /// <param name="picture">Receives [3, 224, 224], RGB normalised by ImageNet's mean and deviation.</param>
    /// <exception cref="SampleException">The files of the sample, or of the one it is mixed with, cannot be read.</exception>
    void Read(int index, int epoch, int occurrence, Span<float> spectrogram, Span<float> picture);

    /// <summary>What to call a sample in messages.</summary>
    string NameOf(int index);
}

/// <summary>Sizes of one sample's arrays.</summary>
public static class SampleSizes
{
    public const int Frames = 1024;
    public const int MelBins = 128;
    public const int SpectrogramLength = Frames * MelBins;
    public const int PictureSide = 224;
    public const int PictureLength = 3 * PictureSide * PictureSide;
}

/// <summary>A sample cannot be read; the message names its file and the fault.</summary>
public sealed class SampleException : Exception
{
    public SampleException(string message) : base(message) { }

    public SampleException(string message, Exception innerException) : base(message, innerException) { }

    public SampleException() { }

    /// <summary>The sample whose files are at fault where that is not the one asked for, but the one to mix it with; else null.</summary>
    public int? PartnerIndex { get; init; }
}
