using System.Globalization;
using System.Text.RegularExpressions;

namespace CavMae.Export.Graphs;

/// <summary>Which tensors of a checkpoint the two encoders are made of.</summary>
internal static partial class SourceTensors
{
    /// <summary>Name and shape of every tensor that the two graphs read. Of a block's three pairs of norms, a branch's own blocks use the plain one.</summary>
    public static IEnumerable<(string Name, long[] Shape)> Required(EncoderSizes sizes)
    {
        foreach (Modality modality in Modality.All)
        {
            long[] patches = [sizes.EmbedDim, modality.Channels, EncoderSizes.PatchSize, EncoderSizes.PatchSize];
            yield return ($"patch_embed_{modality.Letter}.proj.weight", patches);
            yield return ($"patch_embed_{modality.Letter}.proj.bias", [sizes.EmbedDim]);
            yield return ($"pos_embed_{modality.Letter}", [1, modality.Tokens, sizes.EmbedDim]);
            yield return ($"modality_{modality.Letter}", [1, 1, sizes.EmbedDim]);
            foreach (var norm in Norm($"norm_{modality.Letter}", sizes))
                yield return norm;
            for (int i = 0; i < sizes.ModalityBlocks; i++)
            {
                foreach (var tensor in Block($"blocks_{modality.Letter}.{i}", [""], sizes))
                    yield return tensor;
            }
        }
        for (int i = 0; i < sizes.SharedBlocks; i++)
        {
            foreach (var tensor in Block($"blocks_u.{i}", [.. Modality.All.Select(modality => $"_{modality.Letter}")], sizes))
                yield return tensor;
        }
    }

    /// <summary>Known tensors that retrieval does not use: decoder, classifier heads, norms of the other streams.</summary>
    public static bool IsKnownUnused(string name, EncoderSizes sizes)
    {
        if (name is "mask_token" or "norm.weight" or "norm.bias"
            || name.StartsWith("decoder_", StringComparison.Ordinal) || name.StartsWith("mlp_head", StringComparison.Ordinal))
            return true;
        Match norm = BlockNormPattern().Match(name);
        int blocks = norm.Groups["branch"].Value == "u" ? sizes.SharedBlocks : sizes.ModalityBlocks;
        return norm.Success && int.Parse(norm.Groups["index"].Value, CultureInfo.InvariantCulture) < blocks;
    }

    private static IEnumerable<(string Name, long[] Shape)> Block(string block, string[] normSuffixes, EncoderSizes sizes)
    {
        long width = sizes.EmbedDim;
        foreach (string suffix in normSuffixes)
        {
            foreach (var norm in Norm($"{block}.norm1{suffix}", sizes).Concat(Norm($"{block}.norm2{suffix}", sizes)))
                yield return norm;
        }
        yield return ($"{block}.attn.qkv.weight", [3 * width, width]);
        yield return ($"{block}.attn.qkv.bias", [3 * width]);
        yield return ($"{block}.attn.proj.weight", [width, width]);
        yield return ($"{block}.attn.proj.bias", [width]);
        yield return ($"{block}.mlp.fc1.weight", [sizes.MlpWidth, width]);
        yield return ($"{block}.mlp.fc1.bias", [sizes.MlpWidth]);
        yield return ($"{block}.mlp.fc2.weight", [width, sizes.MlpWidth]);
        yield return ($"{block}.mlp.fc2.bias", [width]);
    }

    private static IEnumerable<(string Name, long[] Shape)> Norm(string norm, EncoderSizes sizes) =>
        [($"{norm}.weight", [sizes.EmbedDim]), ($"{norm}.bias", [sizes.EmbedDim])];

    [GeneratedRegex(@"^blocks_(?<branch>[avu])\.(?<index>[0-9]{1,3})\.norm[12](_a|_v)?\.(weight|bias)$")]
    private static partial Regex BlockNormPattern();
}
