using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Json;
using CavMae.Checkpoints.Pickle;

namespace CavMae.Checkpoints.Formats;

/// <summary>
/// Safetensors: an 8-byte little-endian header length, a JSON header of name → dtype, shape, data_offsets, then the data.
/// </summary>
internal static class SafeTensorsFormat
{
    private const int LengthBytes = 8;
    private const string MetadataKey = "__metadata__";

    public static bool Recognizes(ReadOnlySpan<byte> start, long fileLength) =>
        start.Length > LengthBytes && start[LengthBytes] == '{' && BinaryPrimitives.ReadInt64LittleEndian(start) is > 1 and var length && length <= fileLength;

    public static List<TensorEntry> Read(TensorFile file, Dictionary<string, string> metadata)
    {
        using JsonDocument header = ReadHeader(file, out long dataOffset);
        List<TensorEntry> entries = [];
        List<(long Start, long End)> extents = [];
        try
        {
            ReadEntries(header.RootElement, dataOffset, file.Length, entries, extents, metadata);
        }
        catch (InvalidOperationException problem) // From a text that is read only now: invalid UTF-8, or half a surrogate pair.
        {
            throw new CheckpointException("its header holds text that is not Unicode", problem);
        }
        CheckNoOverlap(extents);
        return entries;
    }

    private static void ReadEntries(
        JsonElement header, long dataOffset, long fileLength, List<TensorEntry> entries, List<(long Start, long End)> extents, Dictionary<string, string> metadata)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (JsonProperty property in header.EnumerateObject())
        {
            if (!names.Add(property.Name))
                throw new CheckpointException($"its header holds {PickleText.Printable(property.Name)} twice");
            if (entries.Count == CheckpointLimits.MaxTensors)
                throw new CheckpointException($"it holds more than {CheckpointLimits.MaxTensors} tensors");
            if (property.Name == MetadataKey)
                ReadMetadata(property.Value, metadata);
            else
                entries.Add(ReadEntry(property, dataOffset, fileLength, extents));
        }
    }

    private static JsonDocument ReadHeader(TensorFile file, out long dataOffset)
    {
        Span<byte> length = stackalloc byte[LengthBytes];
        file.ReadExactly(0, length);
        long headerBytes = BinaryPrimitives.ReadInt64LittleEndian(length);
        if (headerBytes < 2 || headerBytes > CheckpointLimits.MaxSafeTensorsHeaderBytes || headerBytes > file.Length - LengthBytes)
            throw new CheckpointException($"its header of {headerBytes} bytes does not fit the file");
        var header = new byte[headerBytes];
        file.ReadExactly(LengthBytes, header);
        dataOffset = LengthBytes + headerBytes;
        try
        {
            var document = JsonDocument.Parse(header, new JsonDocumentOptions { MaxDepth = 8 });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : throw new CheckpointException("its header is not a JSON object");
        }
        catch (JsonException problem)
        {
            throw new CheckpointException("its header is not JSON: " + problem.Message, problem);
        }
    }

    private static void ReadMetadata(JsonElement value, Dictionary<string, string> metadata)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw new CheckpointException($"its {MetadataKey} is not a JSON object");
        foreach (JsonProperty pair in value.EnumerateObject())
            metadata[pair.Name] = pair.Value.ValueKind == JsonValueKind.String ? pair.Value.GetString()! : pair.Value.GetRawText();
    }

    private static TensorEntry ReadEntry(JsonProperty property, long dataOffset, long fileLength, List<(long Start, long End)> extents)
    {
        try
        {
            string typeName = property.Value.GetProperty("dtype").GetString() ?? "null";
            ElementType type = ElementTypes.FromSafeTensors(typeName)
                ?? throw new CheckpointException($"element type {PickleText.Printable(typeName)} is not read");
            ImmutableArray<long> shape = [.. property.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())];
            long[] offsets = [.. property.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64())];
            if (offsets is not [>= 0 and var start, var end] || end < start || end > fileLength - dataOffset)
                throw new CheckpointException($"data offsets [{string.Join(", ", offsets)}] lie outside the file");
            var layout = TensorLayout.Contiguous(shape, (end - start) / type.SizeInBytes());
            if (layout.ElementCount * type.SizeInBytes() != end - start)
                throw new CheckpointException($"shape [{string.Join(", ", shape)}] of {type} does not fill its {end - start} bytes");
            extents.Add((start, end));
            return new TensorEntry(new TensorInfo(property.Name, shape, type, layout.ElementCount), layout, dataOffset + start);
        }
        catch (CheckpointException problem)
        {
            throw new CheckpointException($"{PickleText.Printable(property.Name)}: {problem.Message}", problem);
        }
        catch (Exception problem) when (problem is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CheckpointException($"{PickleText.Printable(property.Name)}: dtype, shape or data_offsets is missing or malformed", problem);
        }
    }

    private static void CheckNoOverlap(List<(long Start, long End)> extents)
    {
        extents.Sort();
        for (int i = 1; i < extents.Count; i++)
        {
            if (extents[i].Start < extents[i - 1].End)
                throw new CheckpointException("its tensors overlap");
        }
    }
}
