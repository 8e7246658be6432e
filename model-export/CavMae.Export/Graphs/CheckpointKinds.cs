using CavMae.Checkpoints;

namespace CavMae.Export.Graphs;

/// <summary>What a checkpoint is, told by the names of its tensors alone.</summary>
internal static class CheckpointKinds
{
    private const int MaxNamed = 5;

    /// <summary>How every CAV-MAE names its parts.</summary>
    private static readonly string[] OwnParts = ["patch_embed_a.", "patch_embed_v.", "blocks_a.", "blocks_v.", "blocks_u."];

    /// <summary>Which checkpoint of the model it is, in words. What the encoders do not need (decoder, classifier) is never read.</summary>
    public static string Describe(Checkpoint checkpoint)
    {
        if (Holds(checkpoint, "mlp_head."))
            return "fine-tuned: classifier left out";
        return Holds(checkpoint, "decoder_") ? "pretrained with decoder" : "encoder only";
    }

    /// <summary>Refuses what is something else altogether, before tensors are missed one by one.</summary>
    /// <exception cref="ExportException">It is; the message says what was looked for and what was found.</exception>
    public static void Check(Checkpoint checkpoint)
    {
        // What cavmae-train goes on from: the weights are in it, but between two validations.
        if (Holds(checkpoint, "adam.mean.") || Holds(checkpoint, "adam.square."))
            throw new ExportException($"{checkpoint.FilePath} is the state of a training run (it holds the optimizer's adam.*): give best.safetensors or last.safetensors of the same folder.");
        if (OwnParts.Any(part => Holds(checkpoint, part)))
            return;
        string lookedFor = string.Join(", ", OwnParts.Select(part => part.TrimEnd('.')));
        string found = Holds(checkpoint, "patch_embed.") && Holds(checkpoint, "blocks.")
            ? "It holds an image model (patch_embed, blocks, as a ViT or an ImageNet MAE has them): cavmae-train train --imagenet starts a training from it."
            : $"It holds {checkpoint.Names.Count} tensors, such as {string.Join(", ", checkpoint.Names.Take(MaxNamed))}.";
        throw new ExportException($"{checkpoint.FilePath} is not a CAV-MAE checkpoint: it has none of {lookedFor}. {found}");
    }

    private static bool Holds(Checkpoint checkpoint, string prefix) => checkpoint.Names.Any(name => name.StartsWith(prefix, StringComparison.Ordinal));
}
