using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Model.Tests;

/// <summary>The tiny model against numbers recorded from the published implementation.</summary>
public sealed class ExactnessTests : IDisposable
{
    private readonly TinyModel tiny = new();
    private static readonly ObjectiveOptions Paper = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void ForwardFeatures_RecordedInputs_GivesRecordedFeatures()
    {
        using var noGradient = no_grad();
        (Tensor audio, Tensor visual) = tiny.Model.ForwardFeatures(tiny.Audio, tiny.Visual);
        Close.Absolute(tiny.Recorded("feat_a"), audio, Tolerances.Activation);
        Close.Absolute(tiny.Recorded("feat_v"), visual, Tolerances.Activation);
    }

    [Fact]
    public void Embed_RecordedInputs_GivesRecordedEmbeddings()
    {
        using var noGradient = no_grad();
        (Tensor audio, Tensor visual) = tiny.Model.Embed(tiny.Audio, tiny.Visual);
        Close.Absolute(tiny.Recorded("embedding_a"), audio, Tolerances.Rounding);
        Close.Absolute(tiny.Recorded("embedding_v"), visual, Tolerances.Rounding);
    }

    [Fact]
    public void ForwardEncoder_RecordedNoise_GivesRecordedMasksAndLatents()
    {
        using var noGradient = no_grad();
        EncoderOutput output = tiny.Model.ForwardEncoder(tiny.Audio, tiny.Visual, Paper, tiny.Noise);
        Close.Absolute(tiny.Recorded("mask_a"), output.AudioTokens.Mask, 0);
        Close.Absolute(tiny.Recorded("mask_v"), output.VisualTokens.Mask, 0);
        Assert.True(tiny.Recorded("ids_restore_a").Equals(output.AudioTokens.IdsRestore));
        Assert.True(tiny.Recorded("ids_restore_v").Equals(output.VisualTokens.IdsRestore));
        Close.Absolute(tiny.Recorded("latent"), output.Latent!, Tolerances.Activation);
        Close.Absolute(tiny.Recorded("ca"), output.Audio!, Tolerances.Activation);
        Close.Absolute(tiny.Recorded("cv"), output.Visual!, Tolerances.Activation);
    }

    [Fact]
    public void ForwardDecoder_RecordedNoise_GivesRecordedPredictions()
    {
        using var noGradient = no_grad();
        EncoderOutput output = tiny.Model.ForwardEncoder(tiny.Audio, tiny.Visual, Paper, tiny.Noise);
        (Tensor audio, Tensor visual) = tiny.Model.ForwardDecoder(output.Latent!, output.AudioTokens, output.VisualTokens);
        Close.Absolute(tiny.Recorded("pred_a"), audio, Tolerances.Activation);
        Close.Absolute(tiny.Recorded("pred_v"), visual, Tolerances.Activation);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Forward_RecordedNoise_GivesRecordedLosses(bool normalizeTargets)
    {
        using var noGradient = no_grad();
        TrainingLosses losses = tiny.Model.Forward(tiny.Audio, tiny.Visual, Paper with { NormalizeTargets = normalizeTargets }, tiny.Noise);
        string prefix = $"loss.norm_pix_{(normalizeTargets ? "true" : "false")}";
        Close.Relative(tiny.Number($"{prefix}.mae_a"), losses.AudioMae, Tolerances.Loss, "mae_a");
        Close.Relative(tiny.Number($"{prefix}.mae_v"), losses.VisualMae, Tolerances.Loss, "mae_v");
        Close.Relative(tiny.Number($"{prefix}.contrastive"), losses.Contrastive, Tolerances.Loss, "contrastive");
        Close.Relative(tiny.Number($"{prefix}.c_acc"), losses.ContrastiveAccuracy, Tolerances.Loss, "c_acc");
        Close.Relative(tiny.Number($"{prefix}.total"), losses.Total, Tolerances.Loss, "total");
    }

    [Fact]
    public void Backward_RecordedNoise_GivesRecordedGradients()
    {
        tiny.Model.Forward(tiny.Audio, tiny.Visual, Paper, tiny.Noise).Total.backward();
        Dictionary<string, Tensor> gradients = tiny.Model.named_parameters()
            .Where(named => named.parameter.grad is not null)
            .ToDictionary(named => named.name, named => named.parameter.grad!);
        string[] recorded = [.. tiny.Names("grad.")];
        Assert.Equal(11, recorded.Length);
        foreach (string name in recorded)
            Close.RelativeNorm(tiny.Recorded(name), gradients[name["grad.".Length..]], Tolerances.Gradient, name);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Contrastive_RecordedVectors_GivesRecordedLoss(bool bidirectional)
    {
        ContrastiveLoss loss = Losses.Contrastive(tiny.Recorded("contrast.audio"), tiny.Recorded("contrast.video"), Paper.Temperature, bidirectional);
        Tensor recorded = tiny.Recorded($"contrast.bi_{(bidirectional ? "true" : "false")}");
        Close.Relative(recorded[0].item<float>(), loss.Loss, Tolerances.Loss, "loss");
        Close.Relative(recorded[1].item<float>(), loss.Accuracy, Tolerances.Loss, "accuracy");
    }
}
