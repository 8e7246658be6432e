using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using CavMae.Retrieval.Index.Embedded;

namespace CavMae.Retrieval.Index.Transfer;

/// <summary>
/// Writes a safetensors file with one float32 tensor, <c>vectors</c> [rows, dimension], row by row. How many rows there will be is not known
/// before the end, so the header has a fixed length, filled up with spaces as the format allows, and is written last. Not thread-safe.
/// </summary>
internal sealed class VectorFileWriter : IDisposable
{
    public const string TensorName = "vectors";

    /// <summary>Header and the eight bytes of its length: room for the largest numbers, and a multiple of the format's alignment of 8.</summary>
    internal const int HeaderBytes = 256;
    private const int LengthBytes = sizeof(ulong);
    private const int BufferBytes = 1 << 20;

    private readonly FileStream file;
    private readonly byte[] row;
    private readonly int dimension;

    public VectorFileWriter(string path, int dimension)
    {
        this.dimension = dimension;
        row = new byte[dimension * sizeof(float)];
        file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferBytes);
        file.Write(new byte[HeaderBytes]);
    }

    /// <summary>Rows written so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Appends a vector; returns its row.</summary>
    public long Add(ReadOnlySpan<float> vector)
    {
        VectorBlob.Write(vector, row);
        file.Write(row);
        return Rows++;
    }

    /// <summary>Writes the header and all that is left to disk.</summary>
    public void Finish()
    {
        long bytes = Rows * row.Length;
        string json = string.Create(CultureInfo.InvariantCulture, $$$"""{"{{{TensorName}}}":{"dtype":"F32","shape":[{{{Rows}}},{{{dimension}}}],"data_offsets":[0,{{{bytes}}}]}}""");
        byte[] header = new byte[HeaderBytes];
        header.AsSpan().Fill((byte)' ');
        BinaryPrimitives.WriteUInt64LittleEndian(header, HeaderBytes - LengthBytes);
        Encoding.ASCII.GetBytes(json, header.AsSpan(LengthBytes));
        file.Position = 0;
        file.Write(header);
        file.Flush(flushToDisk: true);
    }

    public void Dispose() => file.Dispose();
}
