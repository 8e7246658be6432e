using System.Buffers.Binary;
using System.Text.Json;
using CavMae.Retrieval.Index.Embedded;
using Microsoft.Win32.SafeHandles;

namespace CavMae.Retrieval.Index.Transfer;

/// <summary>Reads rows of a safetensors file's float32 tensor <c>vectors</c> [rows, dimension]; other tensors in it are not looked at. Thread-safe.</summary>
internal sealed class VectorFileReader : IDisposable
{
    private const int LengthBytes = sizeof(ulong);

    /// <summary>As large as a header may sensibly be; a larger length is that of another format.</summary>
    private const int MaxHeaderBytes = 1 << 20;

    private readonly SafeFileHandle file;
    private readonly int dimension;
    private readonly long firstRowAt;

    /// <exception cref="TransferException">It is no such file, or its tensor has another shape.</exception>
    public VectorFileReader(string path, long rows, int dimension)
    {
        this.dimension = dimension;
        file = File.OpenHandle(path);
        try
        {
            firstRowAt = FindTensor(rows);
        }
        catch (Exception problem)
        {
            file.Dispose();
            // A number that is too large, a property that is missing, a value of another kind.
            if (problem is InvalidDataException or JsonException or InvalidOperationException or FormatException or KeyNotFoundException or OverflowException)
                throw new TransferException($"'{path}' cannot be used: {problem.Message}", problem);
            throw;
        }
    }

    /// <param name="row">0 to rows − 1.</param>
    /// <exception cref="IOException">The file became shorter.</exception>
    public float[] Read(long row)
    {
        byte[] bytes = new byte[dimension * sizeof(float)];
        ReadExactly(bytes, firstRowAt + row * bytes.Length);
        float[] vector = new float[dimension];
        VectorBlob.Read(bytes, vector);
        return vector;
    }

    public void Dispose() => file.Dispose();

    private long FindTensor(long rows)
    {
        long size = RandomAccess.GetLength(file);
        byte[] length = new byte[LengthBytes];
        if (size < LengthBytes)
            throw new InvalidDataException("it is too short for a safetensors file.");
        ReadExactly(length, 0);
        ulong headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(length);
        if (headerBytes > MaxHeaderBytes || (long)headerBytes > size - LengthBytes)
            throw new InvalidDataException("it is no safetensors file: its header would be longer than the file or a megabyte.");
        byte[] header = new byte[(int)headerBytes];
        ReadExactly(header, LengthBytes);
        using JsonDocument json = JsonDocument.Parse(header);
        JsonElement tensor = json.RootElement.GetProperty(VectorFileWriter.TensorName);
        if (tensor.GetProperty("dtype").GetString() != "F32")
            throw new InvalidDataException($"its vectors are {tensor.GetProperty("dtype")}; F32 is expected.");
        long[] shape = [.. tensor.GetProperty("shape").EnumerateArray().Select(number => number.GetInt64())];
        if (shape is not [var foundRows, var foundDimension] || foundRows != rows || foundDimension != dimension)
            throw new InvalidDataException($"its vectors have the shape [{string.Join(", ", shape)}]; [{rows}, {dimension}] is expected.");
        long[] offsets = [.. tensor.GetProperty("data_offsets").EnumerateArray().Select(number => number.GetInt64())];
        long data = LengthBytes + (long)headerBytes;
        if (offsets is not [>= 0 and var begin, var end] || end - begin != checked(rows * dimension * sizeof(float)) || end > size - data)
            throw new InvalidDataException("its vectors are not where its header says.");
        return data + begin;
    }

    private void ReadExactly(Span<byte> buffer, long offset)
    {
        while (buffer.Length > 0)
        {
            int read = RandomAccess.Read(file, buffer, offset);
            if (read == 0)
                throw new EndOfStreamException("The file of vectors became shorter while it was read.");
            buffer = buffer[read..];
            offset += read;
        }
    }
}
