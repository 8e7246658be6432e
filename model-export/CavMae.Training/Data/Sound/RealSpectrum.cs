using System.Runtime.Intrinsics;

namespace CavMae.Training.Data.Sound;

/// <summary>
/// Power spectra of eight real frames at once, one in each lane: the 512-point transform of real numbers as a 256-point transform of
/// complex ones (even samples the real, odd samples the imaginary part), in four passes of radix 4 that also sort (Stockham).
/// </summary>
internal static unsafe class RealSpectrum
{
    /// <summary>Bins 0 … 255; the Nyquist bin has no weight in any mel triangle and is left out.</summary>
    public const int Bins = 256;

    /// <summary>Vectors of scratch: two complex arrays, between which the passes swing.</summary>
    public const int ScratchVectors = 4 * ArrayVectors;

    private const int Points = Bins;

    /// <summary>A little more than the points: loads of arrays a multiple of 4 KB apart would wait for stores to the other.</summary>
    private const int ArrayVectors = Points + 8;

    /// <summary>Four times the power, |2X|², of bins 0 … 255.</summary>
    /// <param name="samples">400 vectors; zeros follow up to 512.</param>
    /// <param name="scratch"><see cref="ScratchVectors"/> vectors, overwritten.</param>
    /// <returns>256 vectors within the scratch.</returns>
    public static Vector256<float>* FourPowers(Vector256<float>* samples, Vector256<float>* scratch)
    {
        Complex from = new(scratch, scratch + ArrayVectors);
        Complex to = new(scratch + 2 * ArrayVectors, scratch + 3 * ArrayVectors);
        for (int n = 0; n < LogMel.FrameSamples / 2; n++)
            (from.Real[n], from.Imaginary[n]) = (samples[2 * n], samples[2 * n + 1]);
        for (int n = LogMel.FrameSamples / 2; n < Points; n++)
            from.Real[n] = from.Imaginary[n] = default;
        fixed (float* rootsReal = LogMelTables.RootsReal, rootsImaginary = LogMelTables.RootsImaginary)
        {
            for (int length = Points, stride = 1; length > 1; length /= 4, stride *= 4)
            {
                Pass(from, to, length, stride, rootsReal, rootsImaginary);
                (from, to) = (to, from);
            }
            Split(from, to.Real, rootsReal, rootsImaginary);
        }
        return to.Real;
    }

    private static void Pass(Complex from, Complex to, int length, int stride, float* rootsReal, float* rootsImaginary)
    {
        int quarter = length / 4;
        int step = 2 * Points / length; // the table holds roots of 512
        for (int p = 0; p < quarter; p++)
        {
            Root first = new(rootsReal, rootsImaginary, p * step), second = new(rootsReal, rootsImaginary, 2 * p * step), third = new(rootsReal, rootsImaginary, 3 * p * step);
            for (int q = 0; q < stride; q++)
            {
                int source = q + stride * p, target = q + 4 * stride * p, apart = stride * quarter;
                Vector256<float> aReal = from.Real[source], aImaginary = from.Imaginary[source];
                Vector256<float> bReal = from.Real[source + apart], bImaginary = from.Imaginary[source + apart];
                Vector256<float> cReal = from.Real[source + 2 * apart], cImaginary = from.Imaginary[source + 2 * apart];
                Vector256<float> dReal = from.Real[source + 3 * apart], dImaginary = from.Imaginary[source + 3 * apart];
                Vector256<float> sumReal = aReal + cReal, sumImaginary = aImaginary + cImaginary;
                Vector256<float> differenceReal = aReal - cReal, differenceImaginary = aImaginary - cImaginary;
                Vector256<float> otherReal = bReal + dReal, otherImaginary = bImaginary + dImaginary;
                // i · (b − d)
                Vector256<float> turnedReal = dImaginary - bImaginary, turnedImaginary = bReal - dReal;
                to.Real[target] = sumReal + otherReal;
                to.Imaginary[target] = sumImaginary + otherImaginary;
                first.Multiply(differenceReal - turnedReal, differenceImaginary - turnedImaginary, to, target + stride);
                second.Multiply(sumReal - otherReal, sumImaginary - otherImaginary, to, target + 2 * stride);
                third.Multiply(differenceReal + turnedReal, differenceImaginary + turnedImaginary, to, target + 3 * stride);
            }
        }
    }

    /// <summary>
    /// From Z, the transform of even + i·odd, to the real samples' own: 2X[k] = (Z[k] + Z*[−k]) − i·e^(−2πik/512)·(Z[k] − Z*[−k]).
    /// </summary>
    private static void Split(Complex z, Vector256<float>* fourPowers, float* rootsReal, float* rootsImaginary)
    {
        for (int k = 0; k < Points; k++)
        {
            int mirrored = (Points - k) % Points;
            Vector256<float> evenReal = z.Real[k] + z.Real[mirrored], evenImaginary = z.Imaginary[k] - z.Imaginary[mirrored];
            // −i · (Z[k] − Z*[−k])
            Vector256<float> oddReal = z.Imaginary[k] + z.Imaginary[mirrored], oddImaginary = z.Real[mirrored] - z.Real[k];
            Vector256<float> cosine = Vector256.Create(rootsReal[k]), sine = Vector256.Create(rootsImaginary[k]);
            Vector256<float> real = evenReal + (oddReal * cosine - oddImaginary * sine);
            Vector256<float> imaginary = evenImaginary + (oddReal * sine + oddImaginary * cosine);
            fourPowers[k] = real * real + imaginary * imaginary;
        }
    }

    private readonly struct Complex(Vector256<float>* real, Vector256<float>* imaginary)
    {
        public readonly Vector256<float>* Real = real;
        public readonly Vector256<float>* Imaginary = imaginary;
    }

    /// <summary>A root of unity in every lane.</summary>
    private readonly struct Root(float* real, float* imaginary, int power)
    {
        private readonly Vector256<float> _real = Vector256.Create(real[power]);
        private readonly Vector256<float> _imaginary = Vector256.Create(imaginary[power]);

        public void Multiply(Vector256<float> real, Vector256<float> imaginary, Complex to, int index)
        {
            to.Real[index] = real * _real - imaginary * _imaginary;
            to.Imaginary[index] = real * _imaginary + imaginary * _real;
        }
    }
}
