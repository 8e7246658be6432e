namespace CavMae.Export.Tests.Support;

/// <summary>How far results may lie from the recorded numbers of the published implementation, and why.</summary>
internal static class Tolerances
{
    /// <summary>Log-mel units, before normalising: the reference takes an FFT in float32, the graph a float32 matrix product.</summary>
    public const double LogMelMeanError = 1e-4;

    /// <summary>Log-mel units: where a pure tone leaves a bin almost empty, rounding of the large bins shows in it.</summary>
    public const double LogMelMaxError = 0.02;

    /// <summary>Encoder against encoder: the same float32 operations in another order.</summary>
    public const double Cosine = 0.99999;

    /// <summary>Any one number of the last tokens: float32 sums over 12 blocks, taken in another order.</summary>
    public const double TokenError = 1e-4;

    /// <summary>One row alone or in a batch: matrix products of another size may be cut into other pieces.</summary>
    public const double RowDifference = 1e-5;

    /// <summary>The length of a unit vector in float32.</summary>
    public const double UnitLength = 1e-5;
}
