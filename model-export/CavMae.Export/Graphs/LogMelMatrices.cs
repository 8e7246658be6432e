namespace CavMae.Export.Graphs;

/// <summary>
/// The linear parts of the Kaldi-compatible log-mel front end, built in double precision. A frame is 400 samples (25 ms) at
/// 16 kHz; spectra have 256 bins (of the 512-point DFT; the Nyquist bin has no weight in any mel triangle).
/// </summary>
internal static class LogMelMatrices
{
    public const int FrameSamples = 400;
    public const int HopSamples = 160;
    public const int FftSamples = 512;
    public const int SpectrumBins = FftSamples / 2;
    public const int MelBins = 128;

    private const double SampleRateHz = 16_000;
    private const double LowestHz = 20;
    private const double HighestHz = 8_000;
    private const double PreEmphasis = 0.97;

    /// <summary>
    /// [2 · 256, 400]: real parts, then imaginary parts, of the spectrum of one raw frame. Row k holds
    /// DFT_k · window · pre-emphasis · DC removal, multiplied out from the left:
    /// with a[n] = window[n] · e^(−2πikn/512), pre-emphasis y[n] = x[n] − 0.97 x[n−1] (x[−1] = x[0]) gives
    /// b[n] = a[n] − 0.97 a[n+1] for the middle samples, and DC removal subtracts the row's mean.
    /// </summary>
    public static void Spectrum(Span<float> destination)
    {
        var row = new double[FrameSamples];
        for (int part = 0; part < 2; part++)
        {
            for (int bin = 0; bin < SpectrumBins; bin++)
            {
                for (int n = 0; n < FrameSamples; n++)
                {
                    double angle = 2 * Math.PI * (bin * n % FftSamples) / FftSamples;
                    double window = 0.5 - 0.5 * Math.Cos(2 * Math.PI * n / (FrameSamples - 1));
                    row[n] = window * (part == 0 ? Math.Cos(angle) : -Math.Sin(angle));
                }
                row[0] *= 1 - PreEmphasis; // the first sample is its own predecessor
                row[0] -= PreEmphasis * row[1];
                for (int n = 1; n < FrameSamples - 1; n++)
                    row[n] -= PreEmphasis * row[n + 1];
                double mean = row.Average();
                Span<float> target = destination.Slice((part * SpectrumBins + bin) * FrameSamples, FrameSamples);
                for (int n = 0; n < FrameSamples; n++)
                    target[n] = (float)(row[n] - mean);
            }
        }
    }

    /// <summary>[128, 256]: triangles of equal width on the mel scale between 20 Hz and 8 kHz, linear in mel.</summary>
    public static void MelTriangles(Span<float> destination)
    {
        double lowest = Mel(LowestHz);
        double step = (Mel(HighestHz) - lowest) / (MelBins + 1);
        for (int mel = 0; mel < MelBins; mel++)
        {
            double left = lowest + mel * step;
            for (int bin = 0; bin < SpectrumBins; bin++)
            {
                double position = (Mel(bin * SampleRateHz / FftSamples) - left) / step; // 0, 1, 2: left foot, peak, right foot
                destination[mel * SpectrumBins + bin] = (float)Math.Max(0, Math.Min(position, 2 - position));
            }
        }
    }

    private static double Mel(double hertz) => 1127 * Math.Log(1 + hertz / 700);
}
