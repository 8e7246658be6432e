using CavMae.Model;

namespace CavMae.Benchmarks;

/// <summary>Operations of an encoder run or a training step, counted from the model's sizes: matrix products and attention alone, a multiplication and an addition as two.</summary>
internal static class ModelCost
{
    /// <summary>The backward pass makes two products of each one in the forward pass.</summary>
    private const double ForwardAndBackward = 3;

    /// <summary>Of one pair, forward and backward.</summary>
    public static double PerPair(CavMaeOptions model, ObjectiveOptions objective)
    {
        double audio = Masking.KeptCount(CavMaeOptions.AudioTokens, objective.AudioMaskRatio);
        double visual = Masking.KeptCount(CavMaeOptions.VisualTokens, objective.VisualMaskRatio);
        double all = CavMaeOptions.AudioTokens + CavMaeOptions.VisualTokens;
        int width = model.EmbedDim, decoder = model.DecoderEmbedDim;

        // Every patch is projected, also those that are masked afterwards.
        double cost = Product(CavMaeOptions.AudioTokens, CavMaeOptions.AudioPatchLength, width) + Product(CavMaeOptions.VisualTokens, CavMaeOptions.VisualPatchLength, width);
        cost += model.ModalityDepth * (Block(audio, width, model.MlpRatio) + Block(visual, width, model.MlpRatio));
        if (objective.ContrastiveWeight != 0)
            cost += model.SharedDepth * (Block(audio, width, model.MlpRatio) + Block(visual, width, model.MlpRatio));
        if (objective.MaeWeight != 0)
        {
            double rebuilding = model.SharedDepth * Block(audio + visual, width, model.MlpRatio) + Product(audio + visual, width, decoder);
            rebuilding += model.DecoderDepth * Block(all, decoder, model.MlpRatio);
            rebuilding += Product(CavMaeOptions.AudioTokens, decoder, CavMaeOptions.AudioPatchLength) + Product(CavMaeOptions.VisualTokens, decoder, CavMaeOptions.VisualPatchLength);
            cost += objective.ReconstructionShare * rebuilding;
        }
        return ForwardAndBackward * cost;
    }

    /// <summary>Of one item's way through an encoder: patches and blocks.</summary>
    public static double PerItem(CavMaeOptions model, int tokens, int patchLength) =>
        Product(tokens, patchLength, model.EmbedDim) + (model.ModalityDepth + model.SharedDepth) * Block(tokens, model.EmbedDim, model.MlpRatio);

    /// <summary>Query, key, value and output projection, the MLP, and the two products of attention.</summary>
    private static double Block(double tokens, int width, int mlpRatio) =>
        Product(tokens, width, (4 + 2 * mlpRatio) * width) + 2 * Product(tokens, width, tokens);

    public static double Product(double rows, double inner, double columns) => 2 * rows * inner * columns;
}
