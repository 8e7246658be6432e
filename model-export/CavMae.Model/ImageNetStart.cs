using System.Globalization;
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

    /// <summary>A tensor of the image MAE, the shape it must have, and how it becomes a parameter.</summary>
    private sealed record Origin(string Name, long[] Shape, Func<float[], float[]> Adapt);

    /// <summary>
    /// Copies what the image MAE has; the modality vectors and the sound's positions keep their initial values. Tensors that
    /// have no place here (the class token) are left out. Returns the names of the parameters that kept their values.
    /// </summary>
    /// <exception cref="CheckpointException">Missing or mis-shaped tensors, all of them named; or the file cannot be read. The model is then unchanged.</exception>
    public static IReadOnlyList<string> Load(CavMaeModel model, Checkpoint imageMae)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(imageMae);
        List<string> kept = [];
        List<(Parameter Parameter, Origin Origin)> taken = [];
        foreach ((string name, Parameter parameter) in model.named_parameters())
        {
            if (Find(name, parameter.shape, model.Options) is { } origin)
                taken.Add((parameter, origin));
            else
                kept.Add(name);
        }
        Check(imageMae, taken.Select(pair => pair.Origin).DistinctBy(origin => origin.Name));
        // All is read before anything is changed: a file that breaks off half-way leaves the model as it was.
        List<(Parameter Parameter, float[] Values)> read = [.. taken.Select(pair => (pair.Parameter, pair.Origin.Adapt(imageMae.ReadFloats(pair.Origin.Name))))];
        using DisposeScope scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach ((Parameter parameter, float[] values) in read)
            parameter.copy_(tensor(values, parameter.shape));
        return kept;
    }

    private static void Check(Checkpoint source, IEnumerable<Origin> origins)
    {
        List<string> missing = [], misshaped = [];
        foreach (Origin origin in origins)
        {
            if (!source.TryGet(origin.Name, out TensorInfo? tensor))
                missing.Add(origin.Name);
            else if (!tensor.Shape.AsSpan().SequenceEqual(origin.Shape))
                misshaped.Add($"{origin.Name} {tensor.ShapeText} instead of [{string.Join(", ", origin.Shape)}]");
        }
        if (missing.Count + misshaped.Count == 0)
            return;
        throw new CheckpointException(
            $"{source.FilePath} is no image MAE that this model can start from." + CavMaeWeights.List("Missing", missing) + CavMaeWeights.List("Mis-shaped", misshaped));
    }

    /// <summary>Where a parameter comes from; null: it keeps its initial values.</summary>
    private static Origin? Find(string name, long[] shape, CavMaeOptions options)
    {
        return name switch
        {
            "modality_a" or "modality_v" or "decoder_modality_a" or "decoder_modality_v" or "pos_embed_a" or "decoder_pos_embed_a" => null,
            "pos_embed_v" => new("pos_embed", [1, shape[1] + 1, shape[2]], values => values[(int)shape[2]..]),
            "decoder_pos_embed_v" => new("decoder_pos_embed", [1, shape[1] + 1, shape[2]], values => values[(int)shape[2]..]),
            "patch_embed_a.proj.weight" => new("patch_embed.proj.weight", [shape[0], 3, shape[2], shape[3]], SumOverColours),
            "patch_embed_v.proj.weight" => AsItIs("patch_embed.proj.weight"),
            "patch_embed_a.proj.bias" or "patch_embed_v.proj.bias" => AsItIs("patch_embed.proj.bias"),
            "decoder_pred_a.weight" => new("decoder_pred.weight", [CavMaeOptions.VisualPatchLength, shape[1]], values => values[..(int)(shape[0] * shape[1])]),
            "decoder_pred_a.bias" => new("decoder_pred.bias", [CavMaeOptions.VisualPatchLength], values => values[..(int)shape[0]]),
            "decoder_pred_v.weight" => AsItIs("decoder_pred.weight"),
            "decoder_pred_v.bias" => AsItIs("decoder_pred.bias"),
            _ => AsItIs(Twin(name, options)),
        };

        Origin AsItIs(string source) => new(source, shape, values => values);
    }

    /// <summary>The image MAE's name of a tensor that is taken as it is: blocks renumbered, a modality's norms from their plain twins.</summary>
    private static string Twin(string name, CavMaeOptions options)
    {
        string[] parts = name.Split('.');
        if (parts[0] is "blocks_a" or "blocks_v")
            parts[0] = "blocks";
        else if (parts[0] == "blocks_u")
            (parts[0], parts[1]) = ("blocks", $"{int.Parse(parts[1], CultureInfo.InvariantCulture) + options.ModalityDepth}");
        for (int i = 0; i < parts.Length; i++)
        {
            if (parts[i].StartsWith("norm", StringComparison.Ordinal) && NormPairs.Any(pair => parts[i].EndsWith(pair, StringComparison.Ordinal)))
                parts[i] = parts[i][..^2];
        }
        return string.Join('.', parts);
    }

    /// <summary>[width, 3, 16, 16] → [width, 1, 16, 16].</summary>
    private static float[] SumOverColours(float[] all)
    {
        int patch = CavMaeOptions.AudioPatchLength, colours = CavMaeOptions.VisualPatchLength / patch;
        var sum = new float[all.Length / colours];
        for (int i = 0; i < all.Length; i++)
            sum[i / (colours * patch) * patch + i % patch] += all[i];
        return sum;
    }
}
