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
            target = Normalize(target);
        Tensor perPatch = nn.functional.mse_loss(prediction, target, reduction: nn.Reduction.None).mean([-1]);
        return ((perPatch * mask).sum() / mask.sum()).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// (target − mean) / √(unbiased variance + 1e-6) in one pass: layer_norm divides by √(biased variance + ε), and with n numbers
    /// in a patch unbiased · (n − 1) / n = biased, so that ε = 1e-6 · (n − 1) / n and a factor √((n − 1) / n) make it the same.
    /// </summary>
    private static Tensor Normalize(Tensor target)
    {
        long length = target.shape[^1];
        double bias = (length - 1.0) / length;
        return nn.functional.layer_norm(target, [length], eps: VarianceFloor * bias).mul_(Math.Sqrt(bias));
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
