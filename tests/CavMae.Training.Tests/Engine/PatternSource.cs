using CavMae.Training.Data;

namespace CavMae.Training.Tests.Engine;

/// <summary>Easy pairs: each sample is a level of brightness, the same in its spectrogram and in its picture, over seeded noise.</summary>
internal sealed class PatternSource(int count) : ISampleSource
{
    /// <summary>Samples that give values that are not numbers.</summary>
    public int? NotANumber { get; init; }

    /// <summary>Samples that cannot be read.</summary>
    public int[] Unreadable { get; init; } = [];

    /// <summary>Tells one set from another.</summary>
    public string Name { get; init; } = "pattern";

    public int Count => count;

    public string NameOf(int index) => $"{Name} {index}";

    public void Read(int index, int epoch, int occurrence, Span<float> spectrogram, Span<float> picture)
    {
        if (Unreadable.Contains(index))
            throw new SampleException("it is damaged");
        SampleRandom random = new(index, epoch);
        float level = 4f * index / count - 2;
        foreach (ref float value in spectrogram)
            value = level + 0.1f * random.NextSingle();
        foreach (ref float value in picture)
            value = level + 0.1f * random.NextSingle();
        if (index == NotANumber)
            spectrogram[0] = float.NaN;
    }
}
