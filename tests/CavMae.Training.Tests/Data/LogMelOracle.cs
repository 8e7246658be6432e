using CavMae.Training.Data;

namespace CavMae.Training.Tests.Data;

/// <summary>The log-mel filterbank as its definition reads, slowly, in double precision.</summary>
internal static class LogMelOracle
{
    public static float[] Compute(ReadOnlySpan<float> waveform)
    {
        int frames = 1 + (waveform.Length - 400) / 160;
        var result = new float[frames * SampleSizes.MelBins];
        for (int f = 0; f < frames; f++)
        {
            double[] power = Power(waveform.Slice(f * 160, 400));
            for (int m = 0; m < SampleSizes.MelBins; m++)
                result[f * SampleSizes.MelBins + m] = (float)Math.Log(Math.Max(1.1920929e-07, Triangle(power, m)));
        }
        return result;
    }

    private static double[] Power(ReadOnlySpan<float> samples)
    {
        var x = new double[400];
        double mean = 0;
        foreach (float sample in samples)
            mean += sample / 400.0;
        for (int n = 0; n < 400; n++)
        {
            double sample = samples[n] - mean, before = samples[Math.Max(0, n - 1)] - mean;
            x[n] = (sample - 0.97 * before) * (0.5 - 0.5 * Math.Cos(2 * Math.PI * n / 399));
        }
        var power = new double[257];
        for (int k = 0; k < power.Length; k++)
        {
            double real = 0, imaginary = 0;
            for (int n = 0; n < 400; n++)
            {
                real += x[n] * Math.Cos(2 * Math.PI * k * n / 512);
                imaginary -= x[n] * Math.Sin(2 * Math.PI * k * n / 512);
            }
            power[k] = real * real + imaginary * imaginary;
        }
        return power;
    }

    private static double Triangle(double[] power, int mel)
    {
        double width = (Mel(8000) - Mel(20)) / 129;
        double left = Mel(20) + mel * width, peak = left + width, right = peak + width;
        double sum = 0;
        for (int k = 0; k < 256; k++)
        {
            double position = Mel(k * 16000.0 / 512);
            if (position > left && position < right)
                sum += power[k] * (position <= peak ? (position - left) / width : (right - position) / width);
        }
        return sum;
    }

    private static double Mel(double hertz) => 1127 * Math.Log(1 + hertz / 700);
}
