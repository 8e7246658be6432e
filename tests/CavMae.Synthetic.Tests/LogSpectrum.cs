namespace CavMae.Synthetic.Tests;

/// <summary>A coarse log spectrogram, plain and slow: 40 bands of equal width in mel, frames of 512 samples, natural logarithms of power.</summary>
internal static class LogSpectrum
{
    public const int Bands = 40;
    public const int FrameSamples = 512;

    // −90 dBFS in a band: below the quietest background.
    private const double Floor = 1e-6;

    /// <summary>[frames, 40] values, a row per frame.</summary>
    public static float[] Of(ReadOnlySpan<float> samples)
    {
        int frames = samples.Length / FrameSamples;
        float[] values = new float[frames * Bands];
        double[] real = new double[FrameSamples], imaginary = new double[FrameSamples], power = new double[Bands];
        for (int frame = 0; frame < frames; frame++)
        {
            Array.Clear(imaginary);
            Array.Clear(power);
            for (int i = 0; i < FrameSamples; i++)
                real[i] = samples[(frame * FrameSamples) + i] * (0.5 - (0.5 * Math.Cos(2 * Math.PI * i / FrameSamples)));
            Transform(real, imaginary);
            for (int bin = 1; bin < FrameSamples / 2; bin++)
                power[BandOf(bin)] += (real[bin] * real[bin]) + (imaginary[bin] * imaginary[bin]);
            for (int band = 0; band < Bands; band++)
                values[(frame * Bands) + band] = (float)Math.Log(power[band] + Floor);
        }
        return values;
    }

    /// <summary>Mean over time of each band.</summary>
    public static float[] MeanOverTime(float[] values)
    {
        float[] means = new float[Bands];
        for (int i = 0; i < values.Length; i++)
            means[i % Bands] += values[i] * Bands / values.Length;
        return means;
    }

    private static int BandOf(int bin)
    {
        double hertz = (double)bin * SyntheticClip.SampleRateHz / FrameSamples;
        return Math.Min(Bands - 1, (int)(Bands * Math.Log(1 + (hertz / 700)) / Math.Log(1 + (8000.0 / 700))));
    }

    /// <summary>Fast Fourier transform, radix 2, in place.</summary>
    private static void Transform(double[] real, double[] imaginary)
    {
        for (int i = 1, j = 0; i < real.Length; i++)
        {
            int bit = real.Length / 2;
            for (; (j & bit) != 0; bit /= 2)
                j ^= bit;
            j |= bit;
            if (i < j)
                (real[i], real[j], imaginary[i], imaginary[j]) = (real[j], real[i], imaginary[j], imaginary[i]);
        }
        for (int half = 1; half < real.Length; half *= 2)
        {
            for (int k = 0; k < half; k++)
            {
                (double sine, double cosine) = Math.SinCos(-Math.PI * k / half);
                for (int top = k; top < real.Length; top += 2 * half)
                {
                    int low = top + half;
                    double x = (real[low] * cosine) - (imaginary[low] * sine), y = (real[low] * sine) + (imaginary[low] * cosine);
                    (real[low], imaginary[low]) = (real[top] - x, imaginary[top] - y);
                    real[top] += x;
                    imaginary[top] += y;
                }
            }
        }
    }
}
