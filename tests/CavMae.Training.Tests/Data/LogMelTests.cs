using System.Diagnostics;
using CavMae.Checkpoints;
using CavMae.Training.Data;

namespace CavMae.Training.Tests.Data;

public sealed class LogMelTests
{
    /// <summary>Log-mel units, before normalising: float32 rounding of another order of sums than the recorded one.</summary>
    private const double MeanError = 1e-4;

    /// <summary>Log-mel units: where a pure tone leaves a bin almost empty, rounding of the large bins shows in it.</summary>
    private const double MaxError = 0.02;

    public static TheoryData<string> Recordings =>
    [
        "bars_480x854_29.97fps_12.3s", "zoom_640x360_25fps_10s", "tone_10s", "silence_1s", "chirp_3p3s", "noise_12p7s_dc", "just_one_frame",
    ];

    public static TheoryData<string> RealRecordings => ["00W1lcxW-WU_40.000", "KlsG1EnBEjc_000361", "v_GGSY1Qvo990", "v_ZNVhz7ctTq0"];

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Compute_RecordedSound_EqualsReference(string name) => Compare(Fixtures.Golden("audio.safetensors"), name);

    [Theory]
    [MemberData(nameof(RealRecordings))]
    public void Compute_RealSound_EqualsReference(string name) => Compare(Fixtures.RequireReal("golden", "audio.safetensors"), name);

    [Theory]
    [InlineData(400, 1)]
    [InlineData(559, 1)]
    [InlineData(560, 2)]
    [InlineData(400 + 12 * 160, 13)]
    public void Compute_ShortNoise_EqualsScalarOracle(int samples, int frames)
    {
        Random random = new(samples);
        float[] waveform = [.. Enumerable.Range(0, samples).Select(_ => random.NextSingle() - 0.3f)];
        var spectrogram = new float[SampleSizes.SpectrogramLength];
        Array.Fill(spectrogram, float.NaN); // what the caller's array held before must not show

        Assert.Equal(frames, LogMel.Compute(waveform, spectrogram));

        AssertClose(spectrogram.AsSpan(0, frames * SampleSizes.MelBins), LogMelOracle.Compute(waveform));
        Assert.Equal(-1, spectrogram.AsSpan(frames * SampleSizes.MelBins).IndexOfAnyExcept(0f));
    }

    [Fact]
    public void Compute_LessThanOneFrame_HasNone()
    {
        var spectrogram = new float[SampleSizes.SpectrogramLength];
        Assert.Equal(0, LogMel.Compute(new float[399], spectrogram));
        Assert.Equal(-1, spectrogram.AsSpan().IndexOfAnyExcept(0f));
    }

    [Fact]
    public void Compute_MoreThanIsHeard_IsCut()
    {
        Random random = new(1);
        float[] waveform = [.. Enumerable.Range(0, LogMel.MaxSamples + 5000).Select(_ => random.NextSingle() - 0.5f)];
        float[] whole = new float[SampleSizes.SpectrogramLength], cut = new float[SampleSizes.SpectrogramLength];

        Assert.Equal(SampleSizes.Frames, LogMel.Compute(waveform, whole));
        Assert.Equal(SampleSizes.Frames, LogMel.Compute(waveform.AsSpan(0, LogMel.MaxSamples), cut));

        Assert.Equal(cut, whole);
    }

    [Fact]
    public void Compute_WrongSize_IsRefused() =>
        Assert.Contains("131072", Assert.Throws<ArgumentException>(() => LogMel.Compute(new float[400], new float[5])).Message, StringComparison.Ordinal);

    [Fact]
    public void Normalize_PaddingAndMean_BecomeWhatTheModelTakes()
    {
        float[] values = [.. Enumerable.Repeat(0f, 10), LogMel.DefaultMean];
        LogMel.Normalize(values);
        Assert.All(values[..10], value => Assert.Equal(1.1329f, value, 1e-4f));
        Assert.Equal(0, values[10]);
    }

    [Fact]
    public void Compute_TenSeconds_TakesMilliseconds()
    {
        var waveform = new float[160_000];
        for (int i = 0; i < waveform.Length; i++)
            waveform[i] = MathF.Sin(i * 0.05f);
        var spectrogram = new float[SampleSizes.SpectrogramLength];
        List<double> milliseconds = [];
        for (int i = 0; i < 400; i++)
        {
            long start = Stopwatch.GetTimestamp();
            LogMel.Compute(waveform, spectrogram);
            milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"best {milliseconds.Min():0.00} ms, median {milliseconds.Order().ElementAt(200):0.00} ms per 10 s");
        Assert.True(milliseconds.Min() < 30, "0.6 ms is usual: even a crowded machine is not fifty times as slow");
    }

    private static void Compare(string file, string name)
    {
        using var golden = SafeTensors.Open(file);
        float[] waveform = Array.ConvertAll(golden.ReadInt16(name + ".pcm16"), sample => sample / 32768f);
        var spectrogram = new float[SampleSizes.SpectrogramLength];
        LogMel.Compute(waveform, spectrogram);
        AssertClose(spectrogram, golden.ReadFloats(name + ".fbank"));
    }

    private static void AssertClose(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        Assert.Equal(expected.Length, actual.Length);
        double sum = 0, max = 0;
        int worst = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            double difference = Math.Abs((double)actual[i] - expected[i]);
            Assert.False(double.IsNaN(difference), $"index {i}: {actual[i]} instead of {expected[i]}");
            sum += difference;
            if (difference > max)
                (max, worst) = (difference, i);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"mean error {sum / actual.Length:g3}, maximum {max:g3}");
        Assert.True(sum / actual.Length <= MeanError, $"mean error {sum / actual.Length:g3}");
        Assert.True(max <= MaxError, $"maximum error {max:g3} at frame {worst / SampleSizes.MelBins}, mel bin {worst % SampleSizes.MelBins}: {actual[worst]} instead of {expected[worst]}");
    }
}
