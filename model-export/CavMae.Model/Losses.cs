using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Model;

/// <summary>A contrastive loss and the share of partners it finds in its batch (both scalars).</summary>
public sealed record ContrastiveLoss(Tensor Loss, Tensor Accuracy);

/// <summary>The two objectives of arXiv 2210.07839, section 3.3.</summary>
public static class Losses
{
    private const double VarianceFloor = 1e-6;

    /// <summary>
    /// Mean squared error of the masked patches. With <paramref name="normalizeTargets"/> each target patch is normalised by its
    /// mean and its unbiased variance first.
    /// </summary>
    /// <param name="target">Patches [batch, tokens, length].</param>
    /// <param name="prediction">Patches [batch, tokens, length].</param>
    /// <param name="mask">[batch, tokens], 1 where the patch was masked.</param>
    public static Tensor Reconstruction(Tensor target, Tensor prediction, Tensor mask, bool normalizeTargets)
    {
        using DisposeScope scope = NewDisposeScope();
        if (normalizeTargets)
        {
            Tensor mean = target.mean([-1], keepdim: true);
            Tensor variance = target.var(-1, unbiased: true, keepdim: true);
            target = (target - mean) / (variance + VarianceFloor).sqrt();
        }
        Tensor perPatch = (prediction - target).square().mean([-1]);
        return ((perPatch * mask).sum() / mask.sum()).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// −mean log softmax of each pair's cosine / temperature: over the batch's sounds for each picture; in the bidirectional
    /// form averaged with the loss over the pictures for each sound, accuracy alike.
    /// </summary>
    /// <param name="audio">[batch, width], of any length.</param>
    /// <param name="visual">[batch, width], of any length.</param>
    public static ContrastiveLoss Contrastive(Tensor audio, Tensor visual, double temperature, bool bidirectional)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor scores = nn.functional.normalize(audio, dim: -1).mm(nn.functional.normalize(visual, dim: -1).t()) / temperature;
        ContrastiveLoss loss = AlongAxis(scores, 0);
        if (bidirectional)
        {
            ContrastiveLoss other = AlongAxis(scores, 1);
            loss = new ContrastiveLoss((loss.Loss + other.Loss) / 2, (loss.Accuracy + other.Accuracy) / 2);
        }
        return new ContrastiveLoss(loss.Loss.MoveToOuterDisposeScope(), loss.Accuracy.MoveToOuterDisposeScope());
    }

    private static ContrastiveLoss AlongAxis(Tensor scores, long axis)
    {
        Tensor logShares = nn.functional.log_softmax(scores, axis);
        Tensor truth = arange(scores.shape[0], device: scores.device);
        Tensor found = logShares.argmax(axis).eq(truth).to_type(ScalarType.Float32).mean();
        return new ContrastiveLoss(logShares.diag().mean().neg(), found);
    }
}
