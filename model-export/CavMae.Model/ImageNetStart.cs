using CavMae.Checkpoints;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CavMae.Model;

/// <summary>
/// Starts a CAV-MAE from an image MAE (arXiv 2111.06377; names <c>blocks.N</c>, <c>patch_embed</c>, <c>decoder_blocks.N</c> …),
/// as the paper does (section 4.1): its first blocks go to both branches, its last to the shared ones.
/// </summary>
public static class ImageNetStart
{
    private static readonly string[] NormPairs = ["_a", "_v"];

    /// <summary>
    /// Copies what the image MAE has; the modality vectors and the sound's fixed positions keep their initial values.
    /// Returns the names of the parameters that kept them.
    /// </summary>
    /// <exception cref="CheckpointException">A tensor is missing or mis-shaped; the model is then unchanged.</exception>
    public static IReadOnlyList<string> Load(CavMaeModel model, Checkpoint imageMae)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(imageMae);
        List<string> kept = [];
        List<(Parameter Parameter, float[] Values)> read = [];
        foreach ((string name, Parameter parameter) in model.named_parameters())
        {
            float[]? values = Find(name, model.Options, imageMae);
            if (values is null)
                kept.Add(name);
            else if (values.Length != parameter.numel())
                throw new CheckpointException($"{imageMae.FilePath} holds {values.Length} numbers for {name}, which takes [{string.Join(", ", parameter.shape)}].");
            else
                read.Add((parameter, values));
        }
        using DisposeScope scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach ((Parameter parameter, float[] values) in read)
            parameter.copy_(tensor(values, parameter.shape));
        return kept;
    }

    private static float[]? Find(string name, CavMaeOptions options, Checkpoint source) => name switch
    {
        "modality_a" or "modality_v" or "decoder_modality_a" or "decoder_modality_v" or "pos_embed_a" or "decoder_pos_embed_a" => null,
        "pos_embed_v" => WithoutClassToken(source, "pos_embed"),
        "decoder_pos_embed_v" => WithoutClassToken(source, "decoder_pos_embed"),
        "patch_embed_a.proj.weight" => SumOverColours(source, "patch_embed.proj.weight"),
        "patch_embed_v.proj.weight" => source.ReadFloats("patch_embed.proj.weight"),
        "patch_embed_a.proj.bias" or "patch_embed_v.proj.bias" => source.ReadFloats("patch_embed.proj.bias"),
        "decoder_pred_a.weight" => FirstRows(source, "decoder_pred.weight"),
        "decoder_pred_a.bias" => FirstRows(source, "decoder_pred.bias"),
        "decoder_pred_v.weight" => source.ReadFloats("decoder_pred.weight"),
        "decoder_pred_v.bias" => source.ReadFloats("decoder_pred.bias"),
        _ => source.ReadFloats(Twin(name, options)),
    };

    /// <summary>The image MAE's name of a tensor that is taken as it is: blocks renumbered, a modality's norms from their plain twins.</summary>
    private static string Twin(string name, CavMaeOptions options)
    {
        string[] parts = name.Split('.');
        if (parts[0] is "blocks_a" or "blocks_v")
            parts[0] = "blocks";
        else if (parts[0] == "blocks_u")
            (parts[0], parts[1]) = ("blocks", $"{int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) + options.ModalityDepth}");
        for (int i = 0; i < parts.Length; i++)
        {
            if (parts[i].StartsWith("norm", StringComparison.Ordinal) && NormPairs.Any(pair => parts[i].EndsWith(pair, StringComparison.Ordinal)))
                parts[i] = parts[i][..^2];
        }
        return string.Join('.', parts);
    }

    /// <summary>[1, 1 + tokens, width] → [1, tokens, width].</summary>
    private static float[] WithoutClassToken(Checkpoint source, string name) => source.ReadFloats(name)[(int)source[name].Shape[^1]..];

    /// <summary>[width, 3, 16, 16] → [width, 1, 16, 16].</summary>
    private static float[] SumOverColours(Checkpoint source, string name)
    {
        float[] all = source.ReadFloats(name);
        int patch = CavMaeOptions.AudioPatchLength, colours = CavMaeOptions.VisualPatchLength / patch;
        var sum = new float[all.Length / colours];
        for (int i = 0; i < all.Length; i++)
            sum[i / (colours * patch) * patch + i % patch] += all[i];
        return sum;
    }

    /// <summary>The first 256 rows of the decoder's head.</summary>
    private static float[] FirstRows(Checkpoint source, string name)
    {
        float[] all = source.ReadFloats(name);
        return all[..(int)(all.Length / source[name].Shape[0] * CavMaeOptions.AudioPatchLength)];
    }
}
