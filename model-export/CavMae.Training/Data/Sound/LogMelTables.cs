using CavMae.Export.Graphs;

namespace CavMae.Training.Data.Sound;

/// <summary>The constants of the log-mel filterbank, computed once in double precision.</summary>
internal static class LogMelTables
{
    public const float PreEmphasis = 0.97f;

    /// <summary>[400]: symmetric Hann window.</summary>
    public static readonly float[] Window = [.. Enumerable.Range(0, LogMel.FrameSamples)
        .Select(n => (float)(0.5 - 0.5 * Math.Cos(2 * Math.PI * n / (LogMel.FrameSamples - 1))))];

    /// <summary>[512]: cosine and negative sine of 2πk/512, k = 0 … 511, that is e^(−2πik/512).</summary>
    public static readonly float[] RootsReal = [.. Enumerable.Range(0, LogMelMatrices.FftSamples).Select(k => (float)Math.Cos(Angle(k)))];

    /// <inheritdoc cref="RootsReal"/>
    public static readonly float[] RootsImaginary = [.. Enumerable.Range(0, LogMelMatrices.FftSamples).Select(k => (float)-Math.Sin(Angle(k)))];

    /// <summary>The first spectrum bin of each mel triangle and how many it covers; low triangles may fall between two bins and cover none.</summary>
    public static readonly (int FirstBin, int Bins)[] Triangles;

    /// <summary>The weights of all triangles, one behind the other, a quarter of their height: for four times the power.</summary>
    public static readonly float[] TriangleWeights;

    static LogMelTables()
    {
        var dense = new float[LogMelMatrices.MelBins * LogMelMatrices.SpectrumBins];
        LogMelMatrices.MelTriangles(dense);
        Triangles = new (int, int)[LogMelMatrices.MelBins];
        List<float> weights = [];
        for (int mel = 0; mel < Triangles.Length; mel++)
        {
            ReadOnlySpan<float> row = dense.AsSpan(mel * LogMelMatrices.SpectrumBins, LogMelMatrices.SpectrumBins);
            int first = row.IndexOfAnyExcept(0);
            int bins = first < 0 ? 0 : row.LastIndexOfAnyExcept(0) - first + 1;
            Triangles[mel] = (Math.Max(0, first), bins);
            foreach (float weight in row.Slice(Math.Max(0, first), bins))
                weights.Add(weight / 4);
        }
        TriangleWeights = [.. weights];
    }

    private static double Angle(int k) => 2 * Math.PI * k / LogMelMatrices.FftSamples;
}
