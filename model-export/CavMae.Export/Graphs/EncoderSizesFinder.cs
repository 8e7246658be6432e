using System.Globalization;
using System.Text.RegularExpressions;
using CavMae.Checkpoints;

namespace CavMae.Export.Graphs;

/// <summary>Finds an encoder's sizes from the shapes of a checkpoint's tensors, and checks all of them against those sizes.</summary>
internal static partial class EncoderSizesFinder
{
    private const int UsualHeadDim = 64;
    private const int UsualMlpRatio = 4;
    private const int MaxNamed = 100;

    /// <param name="heads">Attention heads; null: what the file's metadata say, else width / 64. The shapes do not tell.</param>
    /// <exception cref="ExportException">Missing, extra or mis-shaped tensors, all of them named; or heads that do not divide the width.</exception>
    public static EncoderSizes Find(Checkpoint checkpoint, int? heads)
    {
        CheckpointKinds.Check(checkpoint);
        int width = FindWidth(checkpoint);
        int modalityBlocks = Math.Max(CountBlocks(checkpoint, 'a'), CountBlocks(checkpoint, 'v'));
        int sharedBlocks = CountBlocks(checkpoint, 'u');
        if (modalityBlocks + sharedBlocks == 0)
            throw new ExportException($"{checkpoint.FilePath} holds no transformer blocks (blocks_a, blocks_v, blocks_u): it is not a CAV-MAE checkpoint.");
        EncoderSizes sizes = new(width, Heads: 1, FindMlpWidth(checkpoint) ?? UsualMlpRatio * width, modalityBlocks, sharedBlocks);
        CheckTensors(checkpoint, sizes);
        return sizes with { Heads = ChooseHeads(width, heads, checkpoint) };
    }

    private static int FindWidth(Checkpoint checkpoint)
    {
        string[] firstIsWidth = ["patch_embed_a.proj.weight", "patch_embed_v.proj.weight", "norm_a.weight", "norm_v.weight"];
        foreach (string name in firstIsWidth)
        {
            if (checkpoint.TryGet(name, out TensorInfo? tensor) && tensor.Shape is [> 0 and <= int.MaxValue / 64, ..])
                return (int)tensor.Shape[0];
        }
        string some = string.Join(", ", checkpoint.Names.Take(5));
        throw new ExportException(
            $"{checkpoint.FilePath} is not a CAV-MAE checkpoint: it has no {firstIsWidth[0]}. It holds {checkpoint.Names.Count} tensors, such as {some}.");
    }

    private static int? FindMlpWidth(Checkpoint checkpoint)
    {
        foreach (char branch in "auv")
        {
            if (checkpoint.TryGet($"blocks_{branch}.0.mlp.fc1.weight", out TensorInfo? tensor) && tensor.Shape is [> 0 and <= int.MaxValue / 64, _])
                return (int)tensor.Shape[0];
        }
        return null;
    }

    private static int CountBlocks(Checkpoint checkpoint, char branch) => checkpoint.Names
        .Select(name => BlockPattern().Match(name))
        .Where(match => match.Success && match.Groups["branch"].Value[0] == branch)
        .Select(match => int.Parse(match.Groups["index"].Value, CultureInfo.InvariantCulture) + 1)
        .DefaultIfEmpty(0)
        .Max();

    private static void CheckTensors(Checkpoint checkpoint, EncoderSizes sizes)
    {
        List<string> missing = [], misshaped = [];
        HashSet<string> required = new(StringComparer.Ordinal);
        foreach ((string name, long[] shape) in SourceTensors.Required(sizes))
        {
            required.Add(name);
            if (!checkpoint.TryGet(name, out TensorInfo? tensor))
                missing.Add(name);
            else if (!tensor.Shape.AsSpan().SequenceEqual(shape))
                misshaped.Add($"{name} {tensor.ShapeText} instead of [{string.Join(", ", shape)}]");
        }
        string[] extra = [.. checkpoint.Names.Where(name => !required.Contains(name) && !SourceTensors.IsKnownUnused(name, sizes))];
        if (missing.Count + misshaped.Count + extra.Length == 0)
            return;
        throw new ExportException(
            $"{checkpoint.FilePath} does not fit a CAV-MAE encoder of width {sizes.EmbedDim} with {sizes.ModalityBlocks} + {sizes.SharedBlocks} blocks."
            + List("Missing", missing) + List("Mis-shaped", misshaped) + List("Extra", extra));
    }

    private static string List(string title, IReadOnlyList<string> names)
    {
        if (names.Count == 0)
            return "";
        string rest = names.Count > MaxNamed ? $", and {names.Count - MaxNamed} more" : "";
        return $"{Environment.NewLine}{title} ({names.Count}): {string.Join(", ", names.Take(MaxNamed))}{rest}.";
    }

    private static int ChooseHeads(int width, int? given, Checkpoint checkpoint)
    {
        if (given is not null && checkpoint.Heads is int own && own != given)
            throw new ExportException($"{checkpoint.FilePath} says that it has {own} attention heads, not {given}: leave --heads out.");
        int? heads = given ?? checkpoint.Heads;
        if (heads is null && width % UsualHeadDim != 0)
            throw new ExportException($"The width {width} is not a multiple of {UsualHeadDim}, so the number of attention heads cannot be guessed: give it with --heads (it divides {width}).");
        int chosen = heads ?? width / UsualHeadDim;
        return chosen > 0 && width % chosen == 0
            ? chosen
            : throw new ExportException($"{chosen} attention heads do not divide the width {width}: give the number the model was trained with by --heads.");
    }

    [GeneratedRegex(@"^blocks_(?<branch>[avu])\.(?<index>[0-9]{1,2})\.")]
    private static partial Regex BlockPattern();
}
