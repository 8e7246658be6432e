using System.Buffers;
using CavMae.Retrieval.Media;
using CavMae.Training.Data.Pictures;
using CavMae.Training.Data.Sets;
using CavMae.Training.Data.Sound;

namespace CavMae.Training.Data;

/// <summary>The samples of a prepared data set. Thread-safe; reads at most as many other-than-WAV sounds at once as there are processors.</summary>
public sealed class DatasetSource : ISampleSource, IDisposable
{
    private readonly DatasetSourceOptions _options;
    private readonly MediaDecoder _decoder;
    private readonly SoundReader _sounds;
    private readonly int[][]? _labels;

    /// <param name="labels">The classes, for label vectors and balanced sampling; without, labels are not looked at.</param>
    /// <exception cref="DatasetException">A clip has a label that is not in the table.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option out of range.</exception>
    public DatasetSource(DatasetFile file, DatasetSourceOptions options, LabelTable? labels = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (File, _options) = (file, options);
        _labels = labels is null ? null : [.. file.Entries.Select(labels.IndicesOf)];
        LabelCount = labels?.Count ?? 0;
        _decoder = TrainingDecoder.Create(options.FfmpegFolder, Environment.ProcessorCount);
        _sounds = new SoundReader(_decoder);
    }

    public DatasetFile File { get; }

    public int Count => File.Entries.Count;

    /// <summary>Length of a label vector; 0 without a table.</summary>
    public int LabelCount { get; }

    public string NameOf(int index) => File.Entries[index].VideoId;

    /// <inheritdoc/>
    public void Read(int index, int epoch, int occurrence, Span<float> spectrogram, Span<float> picture)
    {
        SampleDraw draw = SampleDraw.Make(_options, Count, index, epoch, occurrence);
        ReadSound(index, draw, spectrogram);
        ReadPicture(index, draw, picture);
        if (_options.IsTraining)
        {
            SampleRandom random = SampleDraw.Augmentations(_options, index, epoch, occurrence);
            Augmentation.Mask(spectrogram, _options.FrequencyMask, _options.TimeMask, random);
            LogMel.Normalize(spectrogram, _options.Mean, _options.Deviation);
            if (_options.Noise)
                Augmentation.AddNoiseAndRoll(spectrogram, random);
        }
        else
        {
            LogMel.Normalize(spectrogram, _options.Mean, _options.Deviation);
        }
        Pixels.Normalize(picture);
    }

    /// <summary>
    /// The label vector that belongs to what <see cref="Read"/> gives for the same numbers (<see cref="Batch.Occurrences"/>): ε / classes where a label is absent, 1 − ε where it is present; of
    /// mixed samples each one's labels add (1 − ε) times its share to ε / classes.
    /// </summary>
    /// <param name="labels">Receives <see cref="LabelCount"/> numbers.</param>
    /// <exception cref="InvalidOperationException">There is no label table.</exception>
    public void ReadLabels(int index, int epoch, int occurrence, Span<float> labels)
    {
        int[][] indices = _labels ?? throw NoTable();
        SampleDraw draw = SampleDraw.Make(_options, Count, index, epoch, occurrence);
        float smoothing = _options.IsTraining ? (float)_options.LabelSmoothing : 0;
        labels.Fill(smoothing / LabelCount);
        if (draw.Partner is not { } partner)
        {
            foreach (int label in indices[index])
                labels[label] = 1 - smoothing;
            return;
        }
        foreach (int label in indices[index])
            labels[label] += (float)draw.Lambda * (1 - smoothing);
        foreach (int label in indices[partner])
            labels[label] += (float)(1 - draw.Lambda) * (1 - smoothing);
    }

    /// <summary>
    /// Weights for <see cref="SampleOrder.Balanced"/>, by which rare labels are drawn as often as common ones: the sum over a sample's
    /// labels of 1000 / (samples with that label + 0.01).
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no label table.</exception>
    public double[] BalancedWeights()
    {
        int[][] indices = _labels ?? throw NoTable();
        var counts = new int[LabelCount];
        foreach (int label in indices.SelectMany(each => each))
            counts[label]++;
        return Array.ConvertAll(indices, each => each.Sum(label => 1000 / (counts[label] + 0.01)));
    }

    public void Dispose() => _decoder.Dispose();

    private void ReadSound(int index, SampleDraw draw, Span<float> spectrogram)
    {
        float[] first = ArrayPool<float>.Shared.Rent(LogMel.MaxSamples), second = ArrayPool<float>.Shared.Rent(LogMel.MaxSamples);
        try
        {
            int length = _sounds.Read(File.Entries[index].Wav, first.AsSpan(0, LogMel.MaxSamples));
            if (draw.Partner is { } partner)
            {
                int secondLength = ReadPartnerSound(partner, second.AsSpan(0, LogMel.MaxSamples));
                Augmentation.MixSound(first.AsSpan(0, length), second.AsSpan(0, secondLength), (float)draw.Lambda);
            }
            LogMel.Compute(first.AsSpan(0, length), spectrogram);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(first);
            ArrayPool<float>.Shared.Return(second);
        }
    }

    private void ReadPicture(int index, SampleDraw draw, Span<float> picture)
    {
        PictureReader.ReadFrame(File.Entries[index], draw.Frame, picture);
        if (draw.Partner is not { } partner)
            return;
        float[] second = ArrayPool<float>.Shared.Rent(SampleSizes.PictureLength);
        try
        {
            ReadPartnerPicture(partner, draw.PartnerFrame, second.AsSpan(0, SampleSizes.PictureLength));
            Augmentation.MixPicture(picture, second.AsSpan(0, SampleSizes.PictureLength), (float)draw.Lambda);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(second);
        }
    }

    private int ReadPartnerSound(int partner, Span<float> waveform)
    {
        try
        {
            return _sounds.Read(File.Entries[partner].Wav, waveform);
        }
        catch (SampleException fault)
        {
            throw new SampleException(fault.Message, fault) { PartnerIndex = partner };
        }
    }

    private void ReadPartnerPicture(int partner, int frame, Span<float> picture)
    {
        try
        {
            PictureReader.ReadFrame(File.Entries[partner], frame, picture);
        }
        catch (SampleException fault)
        {
            throw new SampleException(fault.Message, fault) { PartnerIndex = partner };
        }
    }

    private static InvalidOperationException NoTable() => new("This source was made without a label table.");
}
