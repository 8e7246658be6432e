namespace CavMae.Training.Data;

/// <summary>How a data set's clips become samples. Evaluation takes every clip as it is, with one picture; training varies it.</summary>
public sealed record DatasetSourceOptions
{
    /// <summary>Any of the ten pictures and all of the augmentations below; false: picture <see cref="EvaluationFrame"/> and none of them.</summary>
    public bool IsTraining { get; init; } = true;

    /// <summary>Chooses pictures and augmentations, together with epoch and index.</summary>
    public long Seed { get; init; }

    /// <summary>The picture of evaluation, 0 to 9; the paper takes number 5.</summary>
    public int EvaluationFrame { get; init; } = 5;

    /// <summary>Probability, 0 to 1, that a sample is mixed with another one, by λ ~ Beta(10, 10).</summary>
    public double Mixup { get; init; }

    /// <summary>Label smoothing, 0 to 1: absent labels become this over the number of classes, present ones 1 minus this.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>Widest mask over mel bins, 0 (none) to 128.</summary>
    public int FrequencyMask { get; init; }

    /// <summary>Widest mask over frames, 0 (none) to 1024.</summary>
    public int TimeMask { get; init; }

    /// <summary>Add noise to the spectrogram and roll it in time.</summary>
    public bool Noise { get; init; }

    /// <summary>Mean and deviation by which spectrograms are normalised. The exported model assumes the defaults.</summary>
    public float Mean { get; init; } = LogMel.DefaultMean;

    /// <inheritdoc cref="Mean"/>
    public float Deviation { get; init; } = LogMel.DefaultDeviation;

    /// <summary>Folder of ffmpeg and ffprobe, needed for sounds other than WAV; empty: as the system finds them.</summary>
    public string FfmpegFolder { get; init; } = "";

    /// <exception cref="ArgumentOutOfRangeException">A value out of range.</exception>
    internal void Validate()
    {
        Check(EvaluationFrame, 0, Sets.DatasetEntry.Frames - 1, nameof(EvaluationFrame));
        Check(Mixup, 0, 1, nameof(Mixup));
        Check(LabelSmoothing, 0, 1, nameof(LabelSmoothing));
        Check(FrequencyMask, 0, SampleSizes.MelBins, nameof(FrequencyMask));
        Check(TimeMask, 0, SampleSizes.Frames, nameof(TimeMask));
        if (!(Deviation > 0))
            throw new ArgumentOutOfRangeException(nameof(Deviation), Deviation, $"{nameof(Deviation)} is above 0.");
    }

    private static void Check(double value, double least, double most, string name)
    {
        if (!(value >= least && value <= most))
            throw new ArgumentOutOfRangeException(name, value, $"{name} is {least} to {most}.");
    }
}
