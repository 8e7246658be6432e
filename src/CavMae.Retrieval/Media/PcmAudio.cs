using System.Numerics.Tensors;

namespace CavMae.Retrieval.Media;

/// <summary>Sound of one scene: 16 kHz mono signed 16-bit samples, at most <see cref="MaxSamples"/> of them.</summary>
public sealed class PcmAudio
{
    public const int SampleRateHz = 16_000;

    private const float SampleScale = 1 / 32768f;

    /// <summary>What 1024 log-mel frames hear: 400 + 1023 · 160 samples (10.255 s).</summary>
    public const int MaxSamples = 164_080;

    /// <summary>One log-mel frame (25 ms); less sound than this counts as none.</summary>
    public const int MinSamples = 400;

    /// <param name="samples">400 to 164,080 samples; the array is taken over, not copied.</param>
    /// <exception cref="ArgumentOutOfRangeException">Too few or too many samples.</exception>
    public PcmAudio(ReadOnlyMemory<short> samples)
    {
        if (samples.Length is < MinSamples or > MaxSamples)
            throw new ArgumentOutOfRangeException(nameof(samples), samples.Length, $"A scene's sound has {MinSamples} to {MaxSamples} samples.");
        Samples = samples;
    }

    public ReadOnlyMemory<short> Samples { get; }

    /// <summary>Writes the samples as −1..1; a power of two, so nothing is rounded. What lies behind them in <paramref name="waveform"/> stays.</summary>
    public void CopyTo(Span<float> waveform)
    {
        TensorPrimitives.ConvertTruncating(Samples.Span, waveform);
        TensorPrimitives.Multiply(waveform[..Samples.Length], SampleScale, waveform);
    }

    /// <summary>Number of the sample that a time falls on.</summary>
    internal static long SampleAt(TimeSpan time) => time.Ticks * SampleRateHz / TimeSpan.TicksPerSecond;
}
