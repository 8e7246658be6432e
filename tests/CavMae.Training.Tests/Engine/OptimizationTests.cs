using CavMae.Model;
using CavMae.Training.Engine;
using TorchSharp;
using Adam = CavMae.Training.Engine.Adam;
using Parameter = TorchSharp.Modules.Parameter;
using static TorchSharp.torch;

namespace CavMae.Training.Tests.Engine;

/// <summary>Adam, the schedule and the loss scale, against their definitions.</summary>
public sealed class OptimizationTests
{
    /// <summary>Float32 rounding over a few updates.</summary>
    private const double Rounding = 1e-6;

    [Fact]
    public void Adam_ThreeUpdates_FollowsItsDefinition()
    {
        const double Rate = 0.01, Beta1 = 0.95, Beta2 = 0.999, Decay = 0.1;
        using Parameter parameter = new(tensor(new float[] { 1, -2, 0.5f }));
        using Adam adam = new([("p", parameter)], Beta1, Beta2, Decay);
        double[] x = [1, -2, 0.5], mean = new double[3], square = new double[3];
        for (int update = 1; update <= 3; update++)
        {
            // The loss Σ x³ / 3 has the gradient x².
            parameter.pow(3).sum().div(3).backward();
            adam.Update(Rate);
            adam.ClearGradients();
            for (int i = 0; i < 3; i++)
            {
                double gradient = x[i] * x[i] + Decay * x[i];
                mean[i] = Beta1 * mean[i] + (1 - Beta1) * gradient;
                square[i] = Beta2 * square[i] + (1 - Beta2) * gradient * gradient;
                x[i] -= Rate * mean[i] / (1 - Math.Pow(Beta1, update)) / (Math.Sqrt(square[i] / (1 - Math.Pow(Beta2, update))) + 1e-8);
            }
        }
        Assert.Equal(3, adam.Updates);
        for (int i = 0; i < 3; i++)
            Assert.Equal(x[i], parameter[i].item<float>(), Rounding);
    }

    [Fact]
    public void Schedule_Paper_HalvesAfterEpochs10And15And20()
    {
        ScheduleOptions paper = new();
        double[] shares = [.. Enumerable.Range(0, 25).Select(epoch => paper.ShareAt(epoch * 100, 2500, epoch))];
        Assert.All(shares[..10], share => Assert.Equal(1, share));
        Assert.All(shares[10..15], share => Assert.Equal(0.5, share));
        Assert.All(shares[15..20], share => Assert.Equal(0.25, share));
        Assert.All(shares[20..], share => Assert.Equal(0.125, share));
    }

    [Fact]
    public void Schedule_WarmupAndCosine_RisesThenFallsToZero()
    {
        ScheduleOptions schedule = new() { WarmupUpdates = 10, HalveAfterEpochs = [], Cosine = true };
        Assert.Equal(0.1, schedule.ShareAt(0, 110, 0), Rounding);
        Assert.Equal(1, schedule.ShareAt(10, 110, 0), Rounding);
        Assert.Equal(0.5, schedule.ShareAt(60, 110, 0), Rounding);
        Assert.Equal(0, schedule.ShareAt(110, 110, 0), Rounding);
    }

    [Fact]
    public void LossScaler_Overflow_LeavesTheUpdateOutAndHalves()
    {
        LossScaler scaler = new(isOn: true);
        using Parameter parameter = new(ones(2));
        using Adam adam = new([("p", parameter)], 0.9, 0.999, 0);
        (parameter * scaler.Scale).sum().backward();
        Assert.Equal(GradientState.Finite, scaler.Unscale(adam));
        Assert.Equal(1, parameter.grad![0].item<float>(), Rounding);
        adam.ClearGradients();
        (parameter * double.PositiveInfinity).sum().backward();
        Assert.Equal(GradientState.Overflow, scaler.Unscale(adam));
        Assert.Equal(32_768, scaler.Scale);
    }

    [Fact]
    public void LossScaler_OverflowAtTheSmallestScale_IsNotFinite()
    {
        LossScaler scaler = new(isOn: true) { Scale = 1 };
        Assert.Equal(GradientState.NotFinite, scaler.Judge(isFinite: false));
    }

    [Fact]
    public void LossScaler_Off_TellsOfGradientsThatAreNoNumbers()
    {
        LossScaler scaler = new(isOn: false);
        using Parameter parameter = new(ones(2));
        using Adam adam = new([("p", parameter)], 0.9, 0.999, 0);
        (parameter * double.NaN).sum().backward();
        Assert.Equal(GradientState.NotFinite, scaler.Unscale(adam));
        Assert.Equal(1, scaler.Scale);
    }

    [Fact]
    public void LossScaler_ManyGoodUpdates_Doubles()
    {
        LossScaler scaler = new(isOn: true);
        for (int i = 0; i < 2000; i++)
            scaler.Judge(isFinite: true);
        Assert.Equal(131_072, scaler.Scale);
        Assert.Equal(0, scaler.GoodUpdates);
    }

    [Fact]
    public void NoiseSeed_OtherSeedOrStep_GivesOtherMasks()
    {
        ObjectiveOptions objective = new();
        (int Seed, long Step)[] positions = [(1, 0), (1, 1), (2, 0), (2, 1), (-5, 0)];
        Assert.Equal(positions.Length, positions.Select(at => TrainingStep.NoiseSeed(at.Seed, at.Step) & uint.MaxValue).Distinct().Count());
        MaskingNoise one = MaskingNoiseOf(1), two = MaskingNoiseOf(2), again = MaskingNoiseOf(1);
        Assert.False(one.Audio.Equals(two.Audio));
        Assert.True(one.Audio.Equals(again.Audio));

        MaskingNoise MaskingNoiseOf(int seed) => MaskingNoise.Create(2, objective, TrainingStep.NoiseSeed(seed, 7));
    }
}
