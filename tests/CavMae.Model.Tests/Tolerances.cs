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
}
