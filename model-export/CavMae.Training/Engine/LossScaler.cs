using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Training.Engine;

/// <summary>What the gradients of an update are.</summary>
internal enum GradientState
{
    Finite,

    /// <summary>Beyond float16's range at this scale: the update is left out.</summary>
    Overflow,

    /// <summary>Not a number, or beyond range at the smallest scale: training cannot go on.</summary>
    NotFinite,
}

/// <summary>
/// Keeps float16 gradients from vanishing: the loss is multiplied before the gradients are taken, they are divided after. An
/// update whose gradients overflowed is left out and the scale halved; after many good ones it is doubled.
/// </summary>
/// <param name="isOn">False where matrices are not multiplied in float16: nothing is scaled, gradients are looked at only.</param>
internal sealed class LossScaler(bool isOn)
{
    private const double InitialScale = 65_536, SmallestScale = 1, LargestScale = 1L << 32;
    private const int GoodUpdatesToGrow = 2000;

    public double Scale { get; set; } = isOn ? InitialScale : 1;

    /// <summary>Updates in a row without overflow.</summary>
    public int GoodUpdates { get; set; }

    /// <summary>Divides the gradients by the scale and tells what they are.</summary>
    public GradientState Unscale(Adam adam)
    {
        using DisposeScope scope = NewDisposeScope();
        using var noGradient = no_grad();
        // A sum of absolute values is not finite where one of them is not.
        Tensor? sum = null;
        foreach (Adam.Moment moment in adam.Moments)
        {
            Tensor? gradient = moment.Parameter.grad;
            if (gradient is null)
                continue;
            if (isOn)
                gradient.mul_(1 / Scale);
            Tensor size = gradient.abs().sum();
            sum = sum is null ? size : sum.add_(size);
        }
        return Judge(sum is null || float.IsFinite(sum.item<float>()));
    }

    /// <summary>Adapts the scale to one more update.</summary>
    internal GradientState Judge(bool isFinite)
    {
        if (isFinite)
        {
            if (isOn && ++GoodUpdates == GoodUpdatesToGrow)
                (Scale, GoodUpdates) = (Math.Min(LargestScale, Scale * 2), 0);
            return GradientState.Finite;
        }
        if (!isOn || Scale <= SmallestScale)
            return GradientState.NotFinite;
        (Scale, GoodUpdates) = (Math.Max(SmallestScale, Scale / 2), 0);
        return GradientState.Overflow;
    }
}
