using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using CavMae.Checkpoints.Formats;
using CavMae.Checkpoints.Pickle;

namespace CavMae.Checkpoints;

/// <summary>
/// The tensors of a checkpoint: a PyTorch file (zip or legacy format) or a safetensors file. Opening reads names, shapes and
/// places only; elements are read from the file on demand. A <c>module.</c> prefix (DataParallel) is taken off the names.
/// Nothing in the file is executed: a PyTorch file may hold tensors and plain containers, anything else is refused.
/// </summary>
/// <remarks>Reading is thread-safe. The file must not change while it is open.</remarks>
public sealed class Checkpoint : IDisposable
{
    private const string ParallelPrefix = "module.";

    /// <summary>Keys of a safetensors file's metadata under which the numbers of attention heads stand.</summary>
    public const string HeadsKey = "heads", DecoderHeadsKey = "decoder_heads";

    private const byte PickleProtocolOpcode = 0x80;

    private readonly TensorFile file;
    private readonly Dictionary<string, TensorEntry> tensors = new(StringComparer.Ordinal);

    private Checkpoint(TensorFile file, List<TensorEntry> entries, IReadOnlyDictionary<string, string> metadata)
    {
        this.file = file;
        Metadata = metadata;
        foreach (TensorEntry entry in entries)
        {
            string name = entry.Info.Name.StartsWith(ParallelPrefix, StringComparison.Ordinal)
                ? entry.Info.Name[ParallelPrefix.Length..]
                : entry.Info.Name;
            if (name.Length > CheckpointLimits.MaxNameLength || name.Any(char.IsControl))
                throw new CheckpointException($"it names a tensor {PickleText.Printable(name)}: too long, or with control characters");
            if (!tensors.TryAdd(name, entry with { Info = entry.Info with { Name = name } }))
                throw new CheckpointException($"it holds {PickleText.Printable(name)} with and without the prefix {ParallelPrefix}");
        }
        Names = [.. tensors.Keys.Order(StringComparer.Ordinal)];
    }

    /// <summary>The path given to <see cref="Open"/>.</summary>
    public string FilePath => file.Path;

    /// <summary>Names of all tensors in ordinal order, without <c>module.</c>.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The <c>__metadata__</c> of a safetensors file; empty for the other formats.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Attention heads of the encoder, where the file says so (<see cref="HeadsKey"/>): no tensor's shape tells.</summary>
    /// <exception cref="CheckpointException">It says something that is no number of heads.</exception>
    public int? Heads => ReadHeads(HeadsKey);

    /// <inheritdoc cref="Heads"/>
    public int? DecoderHeads => ReadHeads(DecoderHeadsKey);

    /// <summary>Opens a checkpoint and reads its table of tensors.</summary>
    /// <exception cref="CheckpointException">The file is damaged, hostile, or of a kind that is not read.</exception>
    /// <exception cref="IOException">The file is missing or cannot be opened.</exception>
    public static Checkpoint Open(string path)
    {
        TensorFile file = new(path);
        try
        {
            Dictionary<string, string> metadata = new(StringComparer.Ordinal);
            return new Checkpoint(file, ReadEntries(file, metadata), metadata);
        }
        catch (CheckpointException problem)
        {
            file.Dispose();
            throw problem.In(path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Shape and type of a tensor, if it is there.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out TensorInfo? tensor)
    {
        tensor = tensors.GetValueOrDefault(name)?.Info;
        return tensor is not null;
    }

    /// <summary>Shape and type of a tensor.</summary>
    /// <exception cref="CheckpointException">There is none of that name.</exception>
    public TensorInfo this[string name] => Entry(name).Info;

    /// <summary>Reads a whole tensor, row-major, converted to float32 (from float32, float16, bfloat16 or float64).</summary>
    /// <exception cref="CheckpointException">No such tensor, not floating-point, or the file is cut short.</exception>
    public float[] ReadFloats(string name)
    {
        long count = Entry(name).Info.ElementCount;
        if (count > Array.MaxLength)
            throw new CheckpointException($"{name} holds {count} elements: too many to read at once").In(FilePath);
        var values = new float[count];
        ReadFloats(name, values);
        return values;
    }

    /// <summary>
    /// Reads as many elements as <paramref name="destination"/> holds, from <paramref name="firstElement"/> on in row-major
    /// order, converted to float32.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The tensor has fewer elements.</exception>
    /// <exception cref="CheckpointException">No such tensor, not floating-point, or the file is cut short.</exception>
    public void ReadFloats(string name, Span<float> destination, long firstElement = 0)
    {
        TensorEntry entry = Entry(name);
        ArgumentOutOfRangeException.ThrowIfNegative(firstElement);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, entry.Info.ElementCount - firstElement, nameof(destination));
        if (!entry.Info.ElementType.IsFloating())
            throw new CheckpointException($"{name} holds {entry.Info.ElementType}, not floating-point numbers").In(FilePath);
        try
        {
            file.ReadFloats(entry, firstElement, destination);
        }
        catch (CheckpointException problem)
        {
            throw problem.In(FilePath);
        }
    }

    public void Dispose() => file.Dispose();

    private int? ReadHeads(string key)
    {
        if (!Metadata.TryGetValue(key, out string? text))
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int heads) && heads > 0
            ? heads
            : throw new CheckpointException($"its metadata give {key} as {PickleText.Printable(text)}").In(FilePath);
    }

    private TensorEntry Entry(string name) => tensors.TryGetValue(name, out TensorEntry? entry)
        ? entry
        : throw new CheckpointException($"there is no tensor {name}").In(FilePath);

    private static List<TensorEntry> ReadEntries(TensorFile file, Dictionary<string, string> metadata)
    {
        if (file.Length == 0)
            throw new CheckpointException("the file is empty");
        Span<byte> start = stackalloc byte[(int)Math.Min(OtherFormats.HeadBytes, file.Length)];
        file.ReadExactly(0, start);
        if (start.StartsWith("PK\x03\x04"u8))
            return ZipFormat.Read(file);
        if (start.Length > 1 && start[0] == PickleProtocolOpcode && start[1] is >= 2 and <= 4)
            return LegacyFormat.Read(file);
        if (SafeTensorsFormat.Recognizes(start, file.Length))
            return SafeTensorsFormat.Read(file, metadata);
        string found = OtherFormats.Recognize(start) is { } kind ? $"; by its first bytes it is {kind}" : "";
        throw new CheckpointException($"it is neither a PyTorch checkpoint (zip or legacy format) nor a safetensors file{found}");
    }
}
