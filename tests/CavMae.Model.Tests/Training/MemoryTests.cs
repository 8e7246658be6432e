using System.Diagnostics;
using CavMae.Model.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Model.Tests.Training;

/// <summary>Nothing that a step makes outlives it, without the garbage collector's help.</summary>
public sealed class MemoryTests
{
    private const int WarmUpSteps = 20, Steps = 200;

    [Fact]
    public void Step_TwoHundredTimes_LeavesNoTensorAndNoMemoryBehind()
    {
        using CavMaeModel model = SmallModel.Create(SmallModel.Options());
        (Tensor audio, Tensor visual) = SmallModel.Inputs(batch: 1);
        ObjectiveOptions objective = new() { AudioMasking = AudioMasking.TimeFrequency };
        for (int i = 0; i < WarmUpSteps; i++)
            Step(model, audio, visual, objective, i);
        long tensors = LiveTensors(), residentBytes = ResidentBytes();

        for (int i = 0; i < Steps; i++)
            Step(model, audio, visual, objective, i);

        Assert.Equal(tensors, Tensor.TotalCount);
        // One spectrogram and picture with its gradients takes more than a megabyte: 200 lost ones would show.
        Assert.InRange(ResidentBytes() - residentBytes, long.MinValue, 64 << 20);
        audio.Dispose();
        visual.Dispose();
    }

    [Fact]
    public void EmbedAndInpaint_ManyTimes_LeaveNoTensorBehind()
    {
        using CavMaeModel model = SmallModel.Create(SmallModel.Options());
        (Tensor audio, Tensor visual) = SmallModel.Inputs(batch: 1);
        ObjectiveOptions objective = new();
        using var noGradient = no_grad();
        long tensors = LiveTensors();
        for (int i = 0; i < 5; i++)
        {
            using DisposeScope scope = NewDisposeScope();
            model.Embed(audio, visual);
            model.Inpaint(audio, visual, objective, MaskingNoise.Create(1, objective, seed: 1));
        }
        Assert.Equal(tensors, Tensor.TotalCount);
        audio.Dispose();
        visual.Dispose();
    }

    [Fact]
    public void Forward_WithoutAScope_LeavesItsResultsOnly()
    {
        using CavMaeModel model = SmallModel.Create(SmallModel.Options());
        (Tensor audio, Tensor visual) = SmallModel.Inputs(batch: 1);
        ObjectiveOptions objective = new();
        MaskingNoise noise = MaskingNoise.Create(1, objective, seed: 1);
        long tensors = LiveTensors();
        TrainingLosses losses = model.Forward(audio, visual, objective, noise);
        Assert.Equal(5, Tensor.TotalCount - tensors);
        Assert.All([losses.Total, losses.AudioMae!, losses.VisualMae!, losses.Contrastive!, losses.ContrastiveAccuracy!], loss => Assert.False(loss.IsInvalid));
    }

    [Fact]
    public void New_InsideAScope_OutlivesIt()
    {
        CavMaeModel model;
        using (NewDisposeScope())
            model = new CavMaeModel(SmallModel.Options());
        Assert.All(model.parameters(), parameter => Assert.False(parameter.IsInvalid));
        model.Dispose();
    }

    private static void Step(CavMaeModel model, Tensor audio, Tensor visual, ObjectiveOptions objective, int step)
    {
        using DisposeScope scope = NewDisposeScope();
        model.zero_grad();
        model.Forward(audio, visual, objective, MaskingNoise.Create(1, objective, (ulong)step)).Total.backward();
    }

    /// <summary>Once what other tests dropped is gone.</summary>
    private static long LiveTensors()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Tensor.TotalCount;
    }

    private static long ResidentBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
