using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Model.Tests;

internal static class Close
{
    /// <summary>Every element within <paramref name="tolerance"/>; otherwise the worst one is printed with both values.</summary>
    public static void Absolute(Tensor expected, Tensor actual, double tolerance)
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.Equal(expected.shape, actual.shape);
        Tensor difference = (expected - actual).abs().flatten();
        long worst = difference.argmax().item<long>();
        double size = difference[worst].item<float>();
        Assert.True(size <= tolerance, $"element {worst}: {actual.flatten()[worst].item<float>()} instead of {expected.flatten()[worst].item<float>()}, off by {size:g3}");
    }

    public static void RelativeNorm(Tensor expected, Tensor actual, double tolerance, string name)
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.Equal(expected.shape, actual.shape);
        double difference = (expected - actual).norm().item<float>(), size = expected.norm().item<float>();
        Assert.True(difference <= tolerance * size, $"{name}: differs by {difference:g4} of {size:g4}");
    }

    public static void Relative(double expected, Tensor? actual, double tolerance, string name)
    {
        Assert.NotNull(actual);
        double value = actual.item<float>();
        Assert.True(Math.Abs(value - expected) <= tolerance * Math.Abs(expected), $"{name}: {value} instead of {expected}");
    }
}
