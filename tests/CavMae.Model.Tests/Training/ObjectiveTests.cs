using CavMae.Model.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Model.Tests.Training;

/// <summary>What each objective computes, what it leaves out, and which parameters it trains.</summary>
public sealed class ObjectiveTests : IDisposable
{
    private static readonly CavMaeOptions Options = SmallModel.Options(modalityDepth: 1, sharedDepth: 2);

    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void Forward_Paper_WeighsAllLossesAndTrainsAllThatIsUsed()
    {
        (TrainingLosses losses, HashSet<string> trained, CavMaeModel model) = Step(Options, new ObjectiveOptions());
        double expected = losses.AudioMae!.item<float>() + losses.VisualMae!.item<float>() + 0.01 * losses.Contrastive!.item<float>();
        Close.Relative(expected, losses.Total, Tolerances.Loss, "total");
        Assert.InRange(losses.ContrastiveAccuracy!.item<float>(), 0, 1);
        // A branch's own blocks and the decoder's have norms that nothing passes.
        AssertTrained(model, trained, name => !IsUnusedNorm(name) && !name.Contains("pos_embed", StringComparison.Ordinal));
    }

    [Fact]
    public void Forward_ContrastiveOnly_LeavesTheDecoderAndTheJointStreamOut()
    {
        ObjectiveOptions objective = new() { MaeWeight = 0, ContrastiveWeight = 1, AudioMaskRatio = 0, VisualMaskRatio = 0 };
        objective.Validate();
        (TrainingLosses losses, HashSet<string> trained, CavMaeModel model) = Step(Options, objective);
        Assert.Null(losses.AudioMae);
        Assert.Null(losses.VisualMae);
        Assert.Equal(losses.Contrastive!.item<float>(), losses.Total.item<float>());
        AssertTrained(model, trained, name => !IsDecoder(name) && !IsUnusedNorm(name) && !IsJointNorm(name) && !name.Contains("pos_embed", StringComparison.Ordinal));
    }

    [Fact]
    public void Forward_MaskedOnly_LeavesTheSingleStreamsOut()
    {
        (TrainingLosses losses, HashSet<string> trained, CavMaeModel model) = Step(Options, new ObjectiveOptions { ContrastiveWeight = 0, MaeWeight = 2 });
        Assert.Null(losses.Contrastive);
        Assert.Null(losses.ContrastiveAccuracy);
        Close.Relative(2.0 * (losses.AudioMae!.item<float>() + losses.VisualMae!.item<float>()), losses.Total, Tolerances.Loss, "total");
        AssertTrained(model, trained, name => !IsUnusedNorm(name) && !IsSingleNorm(name) && !name.Contains("pos_embed", StringComparison.Ordinal));
    }

    [Fact]
    public void Forward_SharedBlocksOnly_TrainsThem()
    {
        (_, HashSet<string> trained, CavMaeModel model) = Step(SmallModel.Options(modalityDepth: 0, sharedDepth: 2), new ObjectiveOptions { ContrastiveWeight = 0 });
        Assert.DoesNotContain(trained, name => name.StartsWith("blocks_a", StringComparison.Ordinal));
        AssertTrained(model, trained, name => !IsUnusedNorm(name) && !IsSingleNorm(name) && !name.Contains("pos_embed", StringComparison.Ordinal));
    }

    [Fact]
    public void Forward_TrainablePositions_GradientsReachAllTables()
    {
        (_, HashSet<string> trained, CavMaeModel model) = Step(Options with { TrainablePositions = true }, new ObjectiveOptions());
        AssertTrained(model, trained, name => !IsUnusedNorm(name));
        HashSet<string> tables = ["pos_embed_a", "pos_embed_v", "decoder_pos_embed_a", "decoder_pos_embed_v"];
        Assert.Superset(tables, trained);
        Assert.Superset(tables, model.TrainableParameters().Select(named => named.Name).ToHashSet());
    }

    [Fact]
    public void TrainableParameters_FixedPositions_AreAllButTheTables()
    {
        using CavMaeModel model = new(Options);
        string[] others = [.. model.named_parameters().Select(named => named.name).Except(model.TrainableParameters().Select(named => named.Name)).Order(StringComparer.Ordinal)];
        Assert.Equal(["decoder_pos_embed_a", "decoder_pos_embed_v", "pos_embed_a", "pos_embed_v"], others);
    }

    [Fact]
    public void Forward_NoWeights_IsRefused()
    {
        ObjectiveOptions objective = new() { MaeWeight = 0, ContrastiveWeight = 0 };
        Assert.Throws<ArgumentException>(() => Step(Options, objective));
        Assert.Throws<ArgumentException>(objective.Validate);
    }

    [Fact]
    public void Forward_ContrastiveLossOfABatch_EqualsThatOfPooledStreams()
    {
        using CavMaeModel model = SmallModel.Create(Options);
        (Tensor audio, Tensor visual) = SmallModel.Inputs(batch: 3);
        ObjectiveOptions objective = new() { Bidirectional = true, Temperature = 0.5 };
        MaskingNoise noise = MaskingNoise.Create(3, objective, seed: 1);
        EncoderOutput encoded = model.ForwardEncoder(audio, visual, objective, noise);
        ContrastiveLoss expected = Losses.Contrastive(encoded.Audio!.mean([1]), encoded.Visual!.mean([1]), 0.5, bidirectional: true);
        Assert.Equal(expected.Loss.item<float>(), model.Forward(audio, visual, objective, noise).Contrastive!.item<float>());
    }

    [Fact]
    public void Forward_ShareOfTheBatch_RebuildsItsFirstPairsAndContrastsAll()
    {
        using CavMaeModel model = SmallModel.Create(Options);
        (Tensor audio, Tensor visual) = SmallModel.Inputs(batch: 4);
        ObjectiveOptions whole = new(), half = whole with { ReconstructionShare = 0.5 };
        MaskingNoise noise = MaskingNoise.Create(4, whole, seed: 1), noiseOfHalf = new(noise.Audio.narrow(0, 0, 2), noise.Visual.narrow(0, 0, 2));

        TrainingLosses losses = model.Forward(audio, visual, half, noise);

        TrainingLosses ofHalf = model.Forward(audio.narrow(0, 0, 2), visual.narrow(0, 0, 2), whole, noiseOfHalf);
        Close.Relative(ofHalf.AudioMae!.item<float>(), losses.AudioMae, Tolerances.Loss, "mae_a");
        Close.Relative(ofHalf.VisualMae!.item<float>(), losses.VisualMae, Tolerances.Loss, "mae_v");
        Close.Relative(model.Forward(audio, visual, whole, noise).Contrastive!.item<float>(), losses.Contrastive, Tolerances.Loss, "contrastive");
        Assert.Throws<ArgumentException>((whole with { ReconstructionShare = 0 }).Validate);
    }

    /// <summary>One forward and backward pass; names of the parameters that a gradient other than 0 reached.</summary>
    private static (TrainingLosses Losses, HashSet<string> Trained, CavMaeModel Model) Step(CavMaeOptions options, ObjectiveOptions objective)
    {
        CavMaeModel model = SmallModel.Create(options);
        (Tensor audio, Tensor visual) = SmallModel.Inputs(batch: 3);
        TrainingLosses losses = model.Forward(audio, visual, objective, MaskingNoise.Create(3, objective, seed: 1));
        losses.Total.backward();
        HashSet<string> trained = [];
        foreach ((string name, TorchSharp.Modules.Parameter parameter) in model.named_parameters())
        {
            if (parameter.grad is not { } gradient)
                continue;
            Assert.True(gradient.isfinite().all().item<bool>(), $"the gradient of {name} is finite");
            Assert.True(gradient.abs().max().item<float>() > 0, $"the gradient of {name} is all zeros: null was expected where nothing reaches");
            trained.Add(name);
        }
        return (losses, trained, model);
    }

    private static void AssertTrained(CavMaeModel model, HashSet<string> trained, Func<string, bool> expected) =>
        Assert.Equal(model.named_parameters().Select(named => named.name).Where(expected).Order(StringComparer.Ordinal), trained.Order(StringComparer.Ordinal));

    private static bool IsDecoder(string name) => name == "mask_token" || name.StartsWith("decoder", StringComparison.Ordinal);

    /// <summary>A branch's own blocks and the decoder's own norms for a modality that they never use.</summary>
    private static bool IsUnusedNorm(string name) => !IsShared(name) && IsNormOfOneModality(name);

    private static bool IsJointNorm(string name) => name.StartsWith("norm.", StringComparison.Ordinal)
        || (IsShared(name) && name.Split('.')[2] is ("norm1" or "norm2"));

    private static bool IsSingleNorm(string name) => name.Split('.')[0] is "norm_a" or "norm_v" || (IsShared(name) && IsNormOfOneModality(name));

    private static bool IsShared(string name) => name.StartsWith("blocks_u.", StringComparison.Ordinal);

    private static bool IsNormOfOneModality(string name) => name.Split('.') is [_, _, "norm1_a" or "norm1_v" or "norm2_a" or "norm2_v", _];
}
