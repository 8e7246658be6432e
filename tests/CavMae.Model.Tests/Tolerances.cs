namespace CavMae.Model.Tests;

/// <summary>How far from the recorded numbers (float32, another build of PyTorch) a value may lie.</summary>
internal static class Tolerances
{
    /// <summary>Features, latents and predictions, absolute: values of about 1 after up to 14 blocks.</summary>
    public const double Activation = 1e-4;

    /// <summary>Losses, relative.</summary>
    public const double Loss = 1e-4;

    /// <summary>Gradients: norm of the difference over the norm.</summary>
    public const double Gradient = 1e-3;

    /// <summary>Float32 rounding of the same sums in another order.</summary>
    public const double Rounding = 1e-5;

    /// <summary>Positions: sines and cosines of float64, rounded to float32.</summary>
    public const double TableEntry = 1e-6;

    /// <summary>A float32 mean of some dozens of squares against float64, relative.</summary>
    public const double Formula = 1e-5;

    /// <summary>Cosines of float32 precision, divided by a temperature of 0.05; absolute.</summary>
    public const double ContrastiveFormula = 1e-4;

    /// <summary>Tokens of width 8 after three blocks, float32 against float64; absolute, values of about 1.</summary>
    public const double BlockFormula = 1e-5;

    /// <summary>Losses in bfloat16 (8 bits of mantissa) against float32, relative.</summary>
    public const double HalfPrecisionLoss = 0.02;

    /// <summary>Gradients in bfloat16 against float32: norm of the difference over the norm.</summary>
    public const double HalfPrecisionGradient = 0.1;

    /// <summary>The exported graphs against the model: the same float32 operations in another order.</summary>
    public const double ExportedCosine = 0.99999;
}
