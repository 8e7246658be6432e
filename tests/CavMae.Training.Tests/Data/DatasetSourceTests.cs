using CavMae.Training.Data;
using CavMae.Training.Data.Sets;

namespace CavMae.Training.Tests.Data;

public sealed class DatasetSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DatasetFile _file;

    public DatasetSourceTests() => _file = Clips.Make(_folder.FullPath, ["/m/a"], ["/m/a", "/m/c"], ["/m/b"], ["/m/a"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_Evaluation_IsTheClipAsItIsWithPictureFive()
    {
        using DatasetSource source = new(_file, new DatasetSourceOptions { IsTraining = false, Mixup = 1, FrequencyMask = 40, Noise = true });

        (float[] spectrogram, float[] picture) = Read(source, 2, epoch: 3);

        float[] expected = Clips.LogMelOf(Clips.Waveform(2));
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal((expected[i] + 5.081) / 4.4849, spectrogram[i], 1e-5);
        AssertPicture(Clips.Color(2, 5), picture);
        Assert.Equal(("clip-2", 4), (source.NameOf(2), source.Count));
    }

    [Fact]
    public void Read_Training_IsTheSameForSameKeysAndVariesOverEpochs()
    {
        DatasetSourceOptions options = new() { Seed = 3, Mixup = 0.5, FrequencyMask = 48, TimeMask = 192, Noise = true };
        using DatasetSource source = new(_file, options), again = new(_file, options);
        for (int epoch = 0; epoch < 3; epoch++)
        {
            (float[] spectrogram, float[] picture) = Read(source, 1, epoch);
            (float[] sameSpectrogram, float[] samePicture) = Read(again, 1, epoch);
            Assert.True(spectrogram.AsSpan().SequenceEqual(sameSpectrogram));
            Assert.True(picture.AsSpan().SequenceEqual(samePicture));
            Assert.False(spectrogram.AsSpan().SequenceEqual(Read(source, 1, epoch + 1).Spectrogram));
        }
    }

    [Fact]
    public void Read_Occurrences_VaryAsEpochsDoInTrainingOnly()
    {
        DatasetSourceOptions options = new() { Seed = 3, FrequencyMask = 48, TimeMask = 192, Noise = true };
        using DatasetSource source = new(_file, options), evaluation = new(_file, options with { IsTraining = false });

        Assert.Equal(Read(source, 1, 0, 1).Spectrogram, Read(source, 1, 0, 1).Spectrogram);
        Assert.NotEqual(Read(source, 1, 0, 0).Spectrogram, Read(source, 1, 0, 1).Spectrogram);
        Assert.NotEqual(Read(source, 1, 0, 1).Spectrogram, Read(source, 1, 1, 0).Spectrogram);
        Assert.Equal(Read(evaluation, 1, 0, 0).Spectrogram, Read(evaluation, 1, 0, 1).Spectrogram);
        Assert.Equal(10, Enumerable.Range(0, 100).Select(occurrence => SampleDraw.Make(options, 4, 1, 0, occurrence).Frame).Distinct().Count());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Read_PartnerBroken_NamesThePartner(bool isSound)
    {
        DatasetSourceOptions options = new() { Mixup = 1, Seed = 11 };
        using DatasetSource source = new(_file, options);
        int epoch = Enumerable.Range(0, 100).First(epoch => SampleDraw.Make(options, 4, 0, epoch, 0).Partner == 1);
        string broken = isSound ? _file.Entries[1].Wav : _file.Entries[1].FramePath(SampleDraw.Make(options, 4, 0, epoch, 0).PartnerFrame);
        File.WriteAllText(broken, "broken");

        var fault = Assert.Throws<SampleException>(() => Read(source, 0, epoch));

        Assert.Equal(1, fault.PartnerIndex);
        Assert.Contains(broken, fault.Message, StringComparison.Ordinal);
        File.WriteAllText(_file.Entries[0].Wav, "broken");
        Assert.Null(Assert.Throws<SampleException>(() => Read(source, 0, epoch)).PartnerIndex);
    }

    [Fact]
    public void Draw_ManyEpochs_TakesEveryPictureAndMixesAsOftenAsAsked()
    {
        SampleDraw[] draws = [.. Enumerable.Range(0, 2000).Select(epoch => SampleDraw.Make(new DatasetSourceOptions { Mixup = 0.25 }, count: 7, index: 1, epoch, 0))];
        Assert.All(draws.GroupBy(draw => draw.Frame), frames => Assert.InRange(frames.Count(), 130, 270)); // 200 ± 13
        Assert.Equal(10, draws.Select(draw => draw.Frame).Distinct().Count());
        Assert.InRange(draws.Count(draw => draw.Partner is not null), 420, 580); // 500 ± 19
        Assert.Equal(7, draws.Where(draw => draw.Partner is not null).Select(draw => draw.Partner).Distinct().Count());
    }

    [Fact]
    public void Read_Mixup_MixesSoundPictureAndLabelsByTheSameShare()
    {
        DatasetSourceOptions options = new() { Mixup = 1, LabelSmoothing = 0.1, Seed = 11 };
        using DatasetSource source = new(_file, options, Clips.Labels(_folder, "/m/a", "/m/b", "/m/c"));
        int epoch = Enumerable.Range(0, 100).First(epoch => SampleDraw.Make(options, 4, 0, epoch, 0).Partner == 1);
        SampleDraw draw = SampleDraw.Make(options, 4, index: 0, epoch, 0);
        var labels = new float[3];

        (float[] spectrogram, float[] picture) = Read(source, 0, epoch);
        source.ReadLabels(0, epoch, 0, labels);

        float[] waveform = Clips.Waveform(0);
        Augmentation.MixSound(waveform, Clips.Waveform(1), (float)draw.Lambda);
        float[] expected = Clips.LogMelOf(waveform);
        LogMel.Normalize(expected);
        Assert.Equal(expected, spectrogram);
        // The partner's picture comes from the partner's own folder.
        (byte firstRed, byte firstGreen, _) = Clips.Color(0, draw.Frame);
        (byte secondRed, byte secondGreen, _) = Clips.Color(1, draw.PartnerFrame);
        AssertPicture(((byte)Mixed(firstRed, secondRed), (byte)Mixed(firstGreen, secondGreen), 90), picture);
        double off = 0.1 / 3;
        Assert.Equal(off + 0.9, labels[0], 1e-6); // both have it
        Assert.Equal(off, labels[1], 1e-6);
        Assert.Equal(off + 0.9 * (1 - draw.Lambda), labels[2], 1e-6);

        double Mixed(byte first, byte second) => draw.Lambda * first + (1 - draw.Lambda) * second;
    }

    [Fact]
    public void ReadLabels_Unmixed_SmoothsInTrainingOnly()
    {
        LabelTable table = Clips.Labels(_folder, "/m/a", "/m/b", "/m/c", "/m/d");
        using DatasetSource training = new(_file, new DatasetSourceOptions { LabelSmoothing = 0.2 }, table);
        using DatasetSource evaluation = new(_file, new DatasetSourceOptions { LabelSmoothing = 0.2, IsTraining = false }, table);
        var labels = new float[4];

        training.ReadLabels(1, 0, 0, labels);
        Assert.Equal([0.8f, 0.05f, 0.8f, 0.05f], labels);
        evaluation.ReadLabels(1, 0, 0, labels);
        Assert.Equal([1, 0, 1, 0], labels);
    }

    [Fact]
    public void BalancedWeights_CommonAndRareLabels_WeighInversely()
    {
        using DatasetSource source = new(_file, new DatasetSourceOptions(), Clips.Labels(_folder, "/m/a", "/m/b", "/m/c"));
        double common = 1000 / 3.01, rare = 1000 / 1.01;
        Assert.Equal([common, common + rare, rare, common], source.BalancedWeights());
    }

    [Fact]
    public void DatasetSource_LabelNotInTable_IsRefused()
    {
        string message = Assert.Throws<DatasetException>(() => new DatasetSource(_file, new DatasetSourceOptions(), Clips.Labels(_folder, "/m/a", "/m/b"))).Message;
        Assert.Contains("'/m/c' of 'clip-1'", message, StringComparison.Ordinal);
        using DatasetSource without = new(_file, new DatasetSourceOptions());
        Assert.Throws<InvalidOperationException>(() => without.ReadLabels(0, 0, 0, []));
    }

    [Fact]
    public void DatasetSource_OptionOutOfRange_IsRefused()
    {
        Assert.Contains("Mixup is 0 to 1", Refused(new DatasetSourceOptions { Mixup = 1.5 }), StringComparison.Ordinal);
        Assert.Contains("TimeMask is 0 to 1024", Refused(new DatasetSourceOptions { TimeMask = 2000 }), StringComparison.Ordinal);
        Assert.Contains("EvaluationFrame is 0 to 9", Refused(new DatasetSourceOptions { EvaluationFrame = 10 }), StringComparison.Ordinal);

        string Refused(DatasetSourceOptions options) => Assert.Throws<ArgumentOutOfRangeException>(() => new DatasetSource(_file, options)).Message;
    }

    [Fact]
    public void BatchLoader_BrokenFiles_AreReplacedAndNamed()
    {
        File.WriteAllText(_file.Entries[0].Wav, "broken");
        using DatasetSource source = new(_file, new DatasetSourceOptions { IsTraining = false });
        using BatchLoader loader = new(source, new BatchLoaderOptions { BatchSize = 2, Shuffle = false, MaxUnreadableShare = 0.25 });

        int[][] indices = [.. loader.Read(0, 0, TestContext.Current.CancellationToken).Select(batch => batch.Indices)];

        Assert.Equal([[2, 1], [2, 3]], indices);
        Assert.Contains(_file.Entries[0].Wav, Assert.Single(loader.Unreadable).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Statistics_Clips_EqualPlainSums()
    {
        File.WriteAllText(_file.Entries[3].Wav, "broken");
        using var decoder = TrainingDecoder.Create("", 2);
        int reported = 0;

        var statistics = DatasetStatistics.Compute(_file, decoder, jobs: 2, _ => reported++, TestContext.Current.CancellationToken);

        double[] values = [.. Enumerable.Range(0, 3).SelectMany(clip => Clips.LogMelOf(Clips.Waveform(clip))).Select(x => (double)x)];
        double mean = values.Average();
        Assert.Equal((3, 4), (statistics.Clips, reported));
        Assert.Equal(mean, statistics.Mean, 1e-6);
        Assert.Equal(Math.Sqrt(values.Average(x => (x - mean) * (x - mean))), statistics.Deviation, 1e-6);
        Assert.StartsWith("clip-3: ", Assert.Single(statistics.Unreadable), StringComparison.Ordinal);
    }

    private static (float[] Spectrogram, float[] Picture) Read(DatasetSource source, int index, int epoch, int occurrence = 0)
    {
        float[] spectrogram = new float[SampleSizes.SpectrogramLength], picture = new float[SampleSizes.PictureLength];
        source.Read(index, epoch, occurrence, spectrogram, picture);
        return (spectrogram, picture);
    }

    private static void AssertPicture((byte Red, byte Green, byte Blue) color, float[] picture)
    {
        (double Value, double Mean, double Deviation)[] channels = [(color.Red, 0.485, 0.229), (color.Green, 0.456, 0.224), (color.Blue, 0.406, 0.225)];
        for (int channel = 0; channel < 3; channel++)
        {
            (double value, double mean, double deviation) = channels[channel];
            Assert.Equal((value / 255 - mean) / deviation, picture[channel * 224 * 224 + 777], 0.05); // JPEG's rounding of colours, 2 of 255
        }
    }
}
