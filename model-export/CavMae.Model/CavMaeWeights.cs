using System.Globalization;
using System.Text.RegularExpressions;
using CavMae.Checkpoints;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CavMae.Model;

/// <summary>Weights in and out of files, under the published names.</summary>
public static partial class CavMaeWeights
{
    private const int UsualHeadDim = 64, UsualDecoderHeadDim = 32, MaxNamed = 100;

    /// <summary>Finds a model's sizes from the shapes of its tensors; heads, which no shape tells, are taken from the file where it says so, else from widths of 64 (encoder) and 32 (decoder).</summary>
    /// <exception cref="CheckpointException">It is no CAV-MAE with a decoder, its sizes make no model, or the heads cannot be guessed.</exception>
    public static CavMaeOptions FindOptions(Checkpoint checkpoint, int? heads = null, int? decoderHeads = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        int width = Size(checkpoint, "norm_a.weight", dimensions: 1), decoderWidth = Size(checkpoint, "decoder_norm.weight", dimensions: 1);
        int modalityDepth = CountBlocks(checkpoint, "blocks_a"), sharedDepth = CountBlocks(checkpoint, "blocks_u");
        string anyBlock = sharedDepth > 0 ? "blocks_u" : "blocks_a";
        CavMaeOptions options = new()
        {
            EmbedDim = width,
            Heads = heads ?? checkpoint.Heads ?? GuessHeads(width, UsualHeadDim, "the encoder"),
            Depth = modalityDepth + sharedDepth,
            ModalityDepth = modalityDepth,
            MlpRatio = Size(checkpoint, $"{anyBlock}.0.mlp.fc1.weight", dimensions: 2) / width,
            DecoderEmbedDim = decoderWidth,
            DecoderDepth = CountBlocks(checkpoint, "decoder_blocks"),
            DecoderHeads = decoderHeads ?? checkpoint.DecoderHeads ?? GuessHeads(decoderWidth, UsualDecoderHeadDim, "the decoder"),
        };
        try
        {
            options.Validate();
        }
        catch (ArgumentException problem)
        {
            throw new CheckpointException($"{checkpoint.FilePath} does not make a CAV-MAE: {problem.Message}", problem);
        }
        return options;
    }

    /// <summary>Loads every parameter; a file of other tensors changes nothing.</summary>
    /// <exception cref="CheckpointException">Missing, extra or mis-shaped tensors, all of them named; or the file cannot be read.</exception>
    public static void Load(CavMaeModel model, Checkpoint checkpoint) => Load(model, checkpoint, static _ => false);

    /// <summary>Loads every parameter, leaving out the file's tensors that <paramref name="isOther"/> names (the optimizer's, in a training state).</summary>
    /// <exception cref="CheckpointException">Missing, extra or mis-shaped tensors, all of them named; or the file cannot be read.</exception>
    public static void Load(CavMaeModel model, Checkpoint checkpoint, Func<string, bool> isOther)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(checkpoint);
        Dictionary<string, Parameter> parameters = model.named_parameters().ToDictionary(named => named.name, named => named.parameter, StringComparer.Ordinal);
        CheckNames(checkpoint, parameters, isOther);
        CheckHeads(checkpoint, model.Options);
        // All is read before anything is changed: a file that breaks off half-way leaves the model as it was.
        List<(Parameter Parameter, float[] Values)> read = [.. parameters.Select(named => (named.Value, checkpoint.ReadFloats(named.Key)))];
        using DisposeScope scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach ((Parameter parameter, float[] values) in read)
            parameter.copy_(tensor(values, parameter.shape));
    }

    /// <summary>Writes a safetensors file, whole or not at all. Its metadata tell the numbers of heads, beside what is given.</summary>
    /// <exception cref="IOException">The file cannot be written; one that was there stays as it was.</exception>
    public static void Save(CavMaeModel model, string path, IReadOnlyDictionary<string, string>? metadata = null) => Save(model, path, [], metadata);

    /// <summary>Writes the weights and, behind them, tensors that are not the model's: a training state.</summary>
    /// <exception cref="IOException">The file cannot be written; one that was there stays as it was.</exception>
    public static void Save(CavMaeModel model, string path, IReadOnlyList<TensorToWrite> others, IReadOnlyDictionary<string, string>? metadata)
    {
        ArgumentNullException.ThrowIfNull(model);
        Dictionary<string, string> all = new(metadata ?? new Dictionary<string, string>())
        {
            [Checkpoint.HeadsKey] = model.Options.Heads.ToString(CultureInfo.InvariantCulture),
            [Checkpoint.DecoderHeadsKey] = model.Options.DecoderHeads.ToString(CultureInfo.InvariantCulture),
        };
        SafeTensorsWriter.Write(path, [.. model.named_parameters().Select(named => ToWrite(named.name, named.parameter)), .. others], all);
        GC.KeepAlive(model); // Its finalizer would dispose the parameters while they are written.
    }

    /// <summary>A tensor as <see cref="SafeTensorsWriter"/> takes it; its elements are fetched when it is written.</summary>
    public static TensorToWrite ToWrite(string name, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return new TensorToWrite(name, tensor.shape, destination =>
        {
            using DisposeScope scope = NewDisposeScope();
            tensor.detach().to_type(ScalarType.Float32).cpu().contiguous().data<float>().CopyTo(destination);
        });
    }

    private static void CheckNames(Checkpoint checkpoint, Dictionary<string, Parameter> parameters, Func<string, bool> isOther)
    {
        List<string> missing = [], misshaped = [];
        foreach ((string name, Parameter parameter) in parameters)
        {
            if (!checkpoint.TryGet(name, out TensorInfo? tensor))
                missing.Add(name);
            else if (!tensor.Shape.AsSpan().SequenceEqual(parameter.shape))
                misshaped.Add($"{name} {tensor.ShapeText} instead of [{string.Join(", ", parameter.shape)}]");
        }
        List<string> extra = [.. checkpoint.Names.Where(name => !parameters.ContainsKey(name) && !isOther(name))];
        if (missing.Count + misshaped.Count + extra.Count == 0)
            return;
        throw new CheckpointException(
            $"{checkpoint.FilePath} does not fit this model." + List("Missing", missing) + List("Mis-shaped", misshaped) + List("Extra", extra));
    }

    internal static string List(string title, List<string> names)
    {
        if (names.Count == 0)
            return "";
        string rest = names.Count > MaxNamed ? $", and {names.Count - MaxNamed} more" : "";
        return $"{Environment.NewLine}{title} ({names.Count}): {string.Join(", ", names.Take(MaxNamed))}{rest}.";
    }

    /// <summary>The first size of a tensor.</summary>
    private static int Size(Checkpoint checkpoint, string name, int dimensions)
    {
        if (!checkpoint.TryGet(name, out TensorInfo? tensor) || tensor.Shape.Length != dimensions || tensor.Shape[0] is < 1 or > int.MaxValue)
            throw new CheckpointException($"{checkpoint.FilePath} is not a whole CAV-MAE: it has no {name} of {dimensions} dimension(s).");
        return (int)tensor.Shape[0];
    }

    /// <summary>Weights fit any number of heads, and mean something with their own only.</summary>
    private static void CheckHeads(Checkpoint checkpoint, CavMaeOptions options)
    {
        if ((checkpoint.Heads ?? options.Heads, checkpoint.DecoderHeads ?? options.DecoderHeads) != (options.Heads, options.DecoderHeads))
            throw new CheckpointException($"{checkpoint.FilePath} was trained with {checkpoint.Heads} + {checkpoint.DecoderHeads} attention heads (encoder + decoder); this model has {options.Heads} + {options.DecoderHeads}.");
    }

    private static int GuessHeads(int width, int headDim, string part) => width % headDim == 0
        ? width / headDim
        : throw new CheckpointException($"The width {width} of {part} is not a multiple of {headDim}, so its number of heads cannot be guessed: give it.");

    private static int CountBlocks(Checkpoint checkpoint, string list) => checkpoint.Names
        .Select(name => BlockPattern().Match(name))
        .Where(match => match.Success && match.Groups["list"].Value == list)
        .Select(match => int.Parse(match.Groups["index"].Value, CultureInfo.InvariantCulture) + 1)
        .DefaultIfEmpty(0)
        .Max();

    [GeneratedRegex(@"^(?<list>blocks_[avu]|decoder_blocks)\.(?<index>[0-9]{1,2})\.")]
    private static partial Regex BlockPattern();
}
