using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Training.Engine;

/// <summary>
/// Keeps float16 gradients from vanishing: the loss is multiplied before the gradients are taken, they are divided after. An
/// update whose gradients overflowed is left out and the scale halved; after many good ones it is doubled.
/// </summary>
internal sealed class LossScaler(bool isOn)
{
    private const double InitialScale = 65_536, SmallestScale = 1, LargestScale = 1L << 32;
    private const int GoodUpdatesToGrow = 2000;

    public double Scale { get; set; } = isOn ? InitialScale : 1;

    /// <summary>Updates in a row without overflow.</summary>
    public int GoodUpdates { get; set; }

    /// <summary>Divides the gradients; false where one of them is not finite, so that the update must be left out.</summary>
    public bool Unscale(Adam adam)
    {
        if (!isOn)
            return true;
        using DisposeScope scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor? finite = null;
        foreach (Adam.Moment moment in adam.Moments)
        {
            Tensor? gradient = moment.Parameter.grad;
            if (gradient is null)
                continue;
            gradient.mul_(1 / Scale);
            Tensor all = gradient.isfinite().all();
            finite = finite is null ? all : finite.logical_and(all);
        }
        return Count(finite is null || finite.item<bool>());
    }

    /// <summary>Adapts the scale to one more update.</summary>
    internal bool Count(bool isFinite)
    {
        if (!isFinite)
        {
            Scale = Math.Max(SmallestScale, Scale / 2);
            GoodUpdates = 0;
        }
        else if (++GoodUpdates == GoodUpdatesToGrow)
        {
            Scale = Math.Min(LargestScale, Scale * 2);
            GoodUpdates = 0;
        }
        return isFinite;
    }
}
