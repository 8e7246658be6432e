namespace CavMae.Export.Tests.Support;

/// <summary>Waveforms as the graphs take them: −1..1, padded with zeros to 164,080 samples.</summary>
internal static class Sounds
{
    /// <summary>The start of a recording, as far as the model hears, and how many samples that is.</summary>
    public static (float[] Waveform, long Length) FromPcm16(ReadOnlySpan<short> samples)
    {
        samples = samples[..Math.Min(samples.Length, OnnxModel.MaxSamples)];
        var waveform = new float[OnnxModel.MaxSamples];
        for (int i = 0; i < samples.Length; i++)
            waveform[i] = samples[i] / 32768f;
        return (waveform, samples.Length);
    }

    /// <summary>Seeded noise of the given length; the rest is zero.</summary>
    public static float[] Noise(int seed, long length)
    {
        Random random = new(seed);
        var waveform = new float[OnnxModel.MaxSamples];
        for (int i = 0; i < length; i++)
            waveform[i] = 0.5f * (random.NextSingle() - 0.5f);
        return waveform;
    }
}
