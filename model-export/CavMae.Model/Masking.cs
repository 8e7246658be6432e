using TorchSharp;
using static TorchSharp.torch;

namespace CavMae.Model;

/// <summary>What is left of a batch after masking, and how to put it back.</summary>
/// <param name="Kept">[batch, kept, width], in the order of the noise.</param>
/// <param name="Mask">[batch, tokens]: 1 where the token was taken away, 0 where it was kept.</param>
/// <param name="IdsRestore">[batch, tokens] int64: where each token stands in (kept, then masked) order.</param>
public sealed record MaskedTokens(Tensor Kept, Tensor Mask, Tensor IdsRestore);

/// <summary>Random masking of patches (arXiv 2210.07839, section 3.2; after the image MAE, arXiv 2111.06377).</summary>
public static class Masking
{
    /// <summary>Above every number that uniform noise takes: these tokens go first.</summary>
    private const float Excluded = 1.1f;

    /// <summary>Of the ratio, the share that goes to time steps and to mel bands each when both are masked.</summary>
    private const double ShareOfBoth = 0.7;

    /// <summary>How many of <paramref name="tokens"/> the encoder sees.</summary>
    public static int KeptCount(int tokens, double ratio) => (int)(tokens * (1 - ratio));

    /// <summary>Keeps the tokens of the smallest noise, per sample.</summary>
    /// <param name="tokens">[batch, tokens, width].</param>
    /// <param name="noise">[batch, tokens], on any device.</param>
    public static MaskedTokens Apply(Tensor tokens, double ratio, Tensor noise)
    {
        using DisposeScope scope = NewDisposeScope();
        long batch = tokens.shape[0], count = tokens.shape[1], width = tokens.shape[2];
        int kept = KeptCount((int)count, ratio);
        Tensor idsShuffle = noise.to(tokens.device).argsort(dim: 1);
        Tensor idsRestore = idsShuffle.argsort(dim: 1);
        Tensor idsKept = idsShuffle.narrow(1, 0, kept);
        Tensor keptTokens = tokens.gather(1, idsKept.unsqueeze(-1).expand(batch, kept, width));
        Tensor mask = ones(batch, count, device: tokens.device);
        mask.narrow(1, 0, kept).zero_();
        return new MaskedTokens(
            keptTokens.MoveToOuterDisposeScope(), mask.gather(1, idsRestore).MoveToOuterDisposeScope(), idsRestore.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// Raises the noise of whole time steps or mel bands of each sample above all other noise, so that they are masked first.
    /// With both, int(64 · 0.7 ratio) steps and int(8 · 0.7 ratio) bands are taken; where that leaves fewer tokens than are
    /// kept, the rest comes from the excluded ones, in any order.
    /// </summary>
    /// <param name="noise">[batch, 512] in [0, 1), on the CPU; changed.</param>
    public static void AddStructure(Tensor noise, AudioMasking masking, double ratio, Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        if (masking == AudioMasking.Unstructured)
            return;
        double share = masking == AudioMasking.TimeFrequency ? ShareOfBoth * ratio : ratio;
        using DisposeScope scope = NewDisposeScope();
        Tensor grid = noise.view(-1, CavMaeOptions.AudioRows, CavMaeOptions.AudioColumns);
        for (long sample = 0; sample < grid.shape[0]; sample++)
        {
            if (masking is AudioMasking.Time or AudioMasking.TimeFrequency)
                Exclude(grid[sample], dim: 1, CavMaeOptions.AudioColumns, share, random);
            if (masking is AudioMasking.Frequency or AudioMasking.TimeFrequency)
                Exclude(grid[sample], dim: 0, CavMaeOptions.AudioRows, share, random);
        }
    }

    private static void Exclude(Tensor grid, int dim, int count, double share, Random random)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        random.Shuffle(order);
        foreach (int line in order.AsSpan(0, (int)(count * share)))
            grid.select(dim, line).fill_(Excluded);
    }
}
