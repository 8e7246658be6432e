using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace CavMae.Checkpoints;

/// <summary>
/// Writes safetensors files of float32 tensors: eight bytes of header length, a JSON header, then the elements. The file
/// appears whole or not at all: it is written beside its place, flushed to the disk, and renamed over what was there.
/// </summary>
public static class SafeTensorsWriter
{
    private const int HeaderAlignment = 8;
    private const string PartialSuffix = ".partial";

    /// <summary>Writes the file, one tensor at a time; on failure an earlier file of this name stays as it was.</summary>
    /// <param name="metadata">Goes into the header's <c>__metadata__</c>.</param>
    /// <exception cref="IOException">The file cannot be written: the disk may be full, or somebody else is writing it.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder does not let it be written.</exception>
    public static void Write(string path, IReadOnlyList<TensorToWrite> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        string partial = path + PartialSuffix;
        // Opened before the try: what could not be opened is not ours to delete.
        FileStream stream = new(partial, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 20);
        try
        {
            using (stream)
            {
                WriteHeader(stream, tensors, metadata);
                foreach (TensorToWrite tensor in tensors)
                {
                    var elements = new float[tensor.ElementCount];
                    tensor.Source(elements);
                    stream.Write(MemoryMarshal.AsBytes(elements.AsSpan()));
                }
                stream.Flush(flushToDisk: true);
            }
            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    private static void WriteHeader(Stream stream, IReadOnlyList<TensorToWrite> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using MemoryStream header = new();
        using (Utf8JsonWriter json = new(header))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in metadata)
                    json.WriteString(key, value);
                json.WriteEndObject();
            }
            long offset = 0;
            foreach (TensorToWrite tensor in tensors)
            {
                long end = offset + tensor.ElementCount * sizeof(float);
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", "F32");
                WriteNumbers(json, "shape", tensor.Shape);
                WriteNumbers(json, "data_offsets", [offset, end]);
                json.WriteEndObject();
                offset = end;
            }
            json.WriteEndObject();
        }
        while (header.Length % HeaderAlignment != 0)
            header.WriteByte((byte)' ');
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        header.WriteTo(stream);
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IReadOnlyList<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (long number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
