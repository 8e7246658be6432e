using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using CavMae.Training.Data.Sound;

namespace CavMae.Training.Data;

/// <summary>
/// The Kaldi-compatible log-mel filterbank of CAV-MAE in float32: 25 ms frames every 10 ms, each freed of its mean, pre-emphasised
/// (0.97), windowed (symmetric Hann), padded to 512, transformed; 128 triangles on the mel scale from 20 Hz to 8 kHz over its power
/// spectrum, floored at float32's epsilon, natural logarithm. Eight frames are worked on at once, one in each lane. Thread-safe.
/// </summary>
/// <remarks>
/// The exported encoder does the same by matrices (CavMae.Export's log-mel front end). Removing the clip's mean first, as the
/// published code does, changes nothing beyond rounding, since every frame loses its own.
/// </remarks>
public static class LogMel
{
    public const int SampleRateHz = 16_000;

    /// <summary>Samples of one frame (25 ms); shorter sound has none.</summary>
    public const int FrameSamples = 400;

    /// <summary>Samples from one frame's start to the next one's (10 ms).</summary>
    public const int HopSamples = 160;

    /// <summary>What <see cref="SampleSizes.Frames"/> frames hear: 10.255 s. Anything behind is not heard.</summary>
    public const int MaxSamples = FrameSamples + (SampleSizes.Frames - 1) * HopSamples;

    /// <summary>Mean and deviation of log-mel values over AudioSet, by which the published models are fed.</summary>
    public const float DefaultMean = -5.081f, DefaultDeviation = 4.4849f;

    /// <summary>float32's machine epsilon (not <see cref="float.Epsilon"/>): silence becomes its logarithm, −15.94.</summary>
    private const float Floor = 1.1920929e-07f;

    private static readonly int Lanes = Vector256<float>.Count;

    /// <summary>Frames that lie wholly within so many samples; at most <see cref="SampleSizes.Frames"/>.</summary>
    public static int FrameCount(int samples) =>
        samples < FrameSamples ? 0 : Math.Min(SampleSizes.Frames, 1 + (samples - FrameSamples) / HopSamples);

    /// <summary>The spectrogram before normalising.</summary>
    /// <param name="waveform">16 kHz mono, −1..1. More than <see cref="MaxSamples"/> are cut.</param>
    /// <param name="spectrogram">Receives [1024 frames, 128 mel bins]; 0 behind the sound's last frame.</param>
    /// <returns>How many frames the sound has; the rest is padding.</returns>
    /// <exception cref="ArgumentException">The spectrogram has another size.</exception>
    public static unsafe int Compute(ReadOnlySpan<float> waveform, Span<float> spectrogram)
    {
        if (spectrogram.Length != SampleSizes.SpectrogramLength)
            throw new ArgumentException($"A spectrogram has {SampleSizes.SpectrogramLength} numbers, not {spectrogram.Length}.", nameof(spectrogram));
        int frames = FrameCount(waveform.Length);
        nuint vectors = FrameSamples + RealSpectrum.ScratchVectors + SampleSizes.MelBins;
        var scratch = (Vector256<float>*)NativeMemory.AlignedAlloc(vectors * (nuint)sizeof(Vector256<float>), 64);
        try
        {
            Vector256<float>* samples = scratch;
            Vector256<float>* spectrum = samples + FrameSamples;
            Vector256<float>* mel = spectrum + RealSpectrum.ScratchVectors;
            for (int first = 0; first < frames; first += Lanes)
            {
                int lanes = Math.Min(Lanes, frames - first);
                Load(waveform, first, lanes, samples);
                Prepare(samples);
                Vector256<float>* fourPowers = RealSpectrum.FourPowers(samples, spectrum);
                MelLogarithms(fourPowers, mel);
                Store(mel, lanes, spectrogram.Slice(first * SampleSizes.MelBins, lanes * SampleSizes.MelBins));
            }
        }
        finally
        {
            NativeMemory.AlignedFree(scratch);
        }
        spectrogram[(frames * SampleSizes.MelBins)..].Clear();
        return frames;
    }

    /// <summary>(x − mean) / deviation, in place; padding (0) becomes +1.133 by the usual numbers.</summary>
    public static void Normalize(Span<float> spectrogram, float mean = DefaultMean, float deviation = DefaultDeviation)
    {
        Span<Vector256<float>> vectors = MemoryMarshal.Cast<float, Vector256<float>>(spectrogram);
        foreach (ref Vector256<float> values in vectors)
            values = (values - Vector256.Create(mean)) / deviation;
        foreach (ref float value in spectrogram[(vectors.Length * Lanes)..])
            value = (value - mean) / deviation;
    }

    /// <summary>Sample n of eight frames side by side; missing frames are silent.</summary>
    private static unsafe void Load(ReadOnlySpan<float> waveform, int firstFrame, int lanes, Vector256<float>* samples)
    {
        if (lanes < Lanes)
            new Span<Vector256<float>>(samples, FrameSamples).Clear();
        var target = (float*)samples;
        for (int lane = 0; lane < lanes; lane++)
        {
            ReadOnlySpan<float> frame = waveform.Slice((firstFrame + lane) * HopSamples, FrameSamples);
            for (int n = 0; n < frame.Length; n++)
                target[n * Lanes + lane] = frame[n];
        }
    }

    /// <summary>DC removal, pre-emphasis (the first sample is its own predecessor) and window.</summary>
    private static unsafe void Prepare(Vector256<float>* samples)
    {
        Vector256<float> sumA = default, sumB = default, sumC = default, sumD = default;
        for (int n = 0; n < FrameSamples; n += 4)
        {
            sumA += samples[n];
            sumB += samples[n + 1];
            sumC += samples[n + 2];
            sumD += samples[n + 3];
        }
        Vector256<float> mean = (sumA + sumB + (sumC + sumD)) / FrameSamples;
        Vector256<float> previous = samples[0] - mean;
        fixed (float* window = LogMelTables.Window)
        {
            for (int n = 0; n < FrameSamples; n++)
            {
                Vector256<float> sample = samples[n] - mean;
                samples[n] = (sample - LogMelTables.PreEmphasis * previous) * window[n];
                previous = sample;
            }
        }
    }

    private static unsafe void MelLogarithms(Vector256<float>* fourPowers, Vector256<float>* mel)
    {
        fixed (float* weights = LogMelTables.TriangleWeights)
        {
            float* weight = weights;
            for (int m = 0; m < SampleSizes.MelBins; m++)
            {
                (int firstBin, int bins) = LogMelTables.Triangles[m];
                Vector256<float> sum = default;
                for (int bin = firstBin; bin < firstBin + bins; bin++)
                    sum = Vector256.MultiplyAddEstimate(fourPowers[bin], Vector256.Create(*weight++), sum);
                mel[m] = Vector256.Log(Vector256.Max(sum, Vector256.Create(Floor)));
            }
        }
    }

    private static unsafe void Store(Vector256<float>* mel, int lanes, Span<float> rows)
    {
        var source = (float*)mel;
        for (int lane = 0; lane < lanes; lane++)
        {
            Span<float> row = rows.Slice(lane * SampleSizes.MelBins, SampleSizes.MelBins);
            for (int m = 0; m < row.Length; m++)
                row[m] = source[m * Lanes + lane];
        }
    }
}
