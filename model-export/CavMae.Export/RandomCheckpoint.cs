using CavMae.Checkpoints;

namespace CavMae.Export;

/// <summary>Sizes of a random checkpoint; the defaults are the published ViT-B model with its decoder (191.0 M parameters).</summary>
public sealed record RandomCheckpointOptions
{
    public int EmbedDim { get; init; } = 768;

    /// <summary>Hidden width of an MLP over its block's width.</summary>
    public int MlpRatio { get; init; } = 4;

    public int ModalityBlocks { get; init; } = 11;

    public int SharedBlocks { get; init; } = 1;

    /// <summary>Width of the decoder; 0: no decoder.</summary>
    public int DecoderDim { get; init; } = 512;

    public int DecoderBlocks { get; init; } = 8;

    public int Seed { get; init; } = 1;
}

/// <summary>Writes checkpoints of seeded random weights, as training leaves them: zip format, <c>module.</c> prefix, decoder included.</summary>
public static class RandomCheckpoint
{
    private const int Patch = 16;
    private const int AudioTokens = 512;
    private const int PictureTokens = 196;

    /// <summary>Writes the file, one tensor at a time; the same options give the same bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is below its least.</exception>
    /// <exception cref="IOException">The file is there already, or cannot be written.</exception>
    public static void Write(string path, RandomCheckpointOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.EmbedDim, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MlpRatio, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.ModalityBlocks, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.SharedBlocks, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.DecoderDim, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.DecoderBlocks, nameof(options));

        List<(string Name, long[] Shape)> tensors = [.. Encoder(options), .. options.DecoderDim == 0 ? [] : Decoder(options)];
        Random random = new(options.Seed);
        CheckpointWriter.Write(
            path,
            [.. tensors.Select(tensor => new TensorToWrite("module." + tensor.Name, tensor.Shape, elements => Fill(tensor.Name, elements, random)))],
            cancellation);
    }

    /// <summary>
    /// Weights of deviation 0.02 (as ViTs start from), biases of 0.02, norms around 1: values whose products stay in the range
    /// of a trained model, so that speed and precision measured on them mean something.
    /// </summary>
    private static void Fill(string name, Span<float> elements, Random random)
    {
        bool isNormScale = name.EndsWith(".weight", StringComparison.Ordinal) && name.Contains("norm", StringComparison.Ordinal);
        float centre = isNormScale ? 1 : 0;
        const float Deviation = 0.02f;
        float halfWidth = Deviation * MathF.Sqrt(3); // of the uniform distribution of that deviation
        foreach (ref float element in elements)
            element = centre + halfWidth * (2 * random.NextSingle() - 1);
    }

    private static IEnumerable<(string Name, long[] Shape)> Encoder(RandomCheckpointOptions options)
    {
        int width = options.EmbedDim;
        foreach ((string letter, int channels, int tokens) in new[] { ("a", 1, AudioTokens), ("v", 3, PictureTokens) })
        {
            yield return ($"modality_{letter}", [1, 1, width]);
            yield return ($"pos_embed_{letter}", [1, tokens, width]);
            yield return ($"patch_embed_{letter}.proj.weight", [width, channels, Patch, Patch]);
            yield return ($"patch_embed_{letter}.proj.bias", [width]);
        }
        foreach ((string branch, int count) in new[] { ("a", options.ModalityBlocks), ("v", options.ModalityBlocks), ("u", options.SharedBlocks) })
        {
            for (int i = 0; i < count; i++)
            {
                foreach (var tensor in Block($"blocks_{branch}.{i}", width, options.MlpRatio))
                    yield return tensor;
            }
        }
        foreach (string norm in new[] { "norm_a", "norm_v", "norm" })
        {
            yield return ($"{norm}.weight", [width]);
            yield return ($"{norm}.bias", [width]);
        }
    }

    private static IEnumerable<(string Name, long[] Shape)> Decoder(RandomCheckpointOptions options)
    {
        int width = options.DecoderDim;
        yield return ("mask_token", [1, 1, width]);
        yield return ("decoder_modality_a", [1, 1, width]);
        yield return ("decoder_modality_v", [1, 1, width]);
        yield return ("decoder_pos_embed_a", [1, AudioTokens, width]);
        yield return ("decoder_pos_embed_v", [1, PictureTokens, width]);
        yield return ("decoder_embed.weight", [width, options.EmbedDim]);
        yield return ("decoder_embed.bias", [width]);
        for (int i = 0; i < options.DecoderBlocks; i++)
        {
            foreach (var tensor in Block($"decoder_blocks.{i}", width, options.MlpRatio))
                yield return tensor;
        }
        yield return ("decoder_norm.weight", [width]);
        yield return ("decoder_norm.bias", [width]);
        yield return ("decoder_pred_a.weight", [Patch * Patch, width]);
        yield return ("decoder_pred_a.bias", [Patch * Patch]);
        yield return ("decoder_pred_v.weight", [3 * Patch * Patch, width]);
        yield return ("decoder_pred_v.bias", [3 * Patch * Patch]);
    }

    private static IEnumerable<(string Name, long[] Shape)> Block(string block, long width, long mlpRatio)
    {
        foreach (string norm in new[] { "norm1", "norm1_a", "norm1_v", "norm2", "norm2_a", "norm2_v" })
        {
            yield return ($"{block}.{norm}.weight", [width]);
            yield return ($"{block}.{norm}.bias", [width]);
        }
        yield return ($"{block}.attn.qkv.weight", [3 * width, width]);
        yield return ($"{block}.attn.qkv.bias", [3 * width]);
        yield return ($"{block}.attn.proj.weight", [width, width]);
        yield return ($"{block}.attn.proj.bias", [width]);
        yield return ($"{block}.mlp.fc1.weight", [mlpRatio * width, width]);
        yield return ($"{block}.mlp.fc1.bias", [mlpRatio * width]);
        yield return ($"{block}.mlp.fc2.weight", [width, mlpRatio * width]);
        yield return ($"{block}.mlp.fc2.bias", [width]);
    }
}
