using System.IO.Compression;
using System.Runtime.InteropServices;
using CavMae.Checkpoints.Pickle;

namespace CavMae.Checkpoints;

/// <summary>Writes a tensor's elements, row-major, into a buffer of exactly its size.</summary>
public delegate void TensorSource(Span<float> destination);

/// <summary>A tensor to be written; its elements are asked for when its turn comes.</summary>
/// <param name="Shape">Outermost dimension first; empty for a scalar.</param>
public sealed record TensorToWrite(string Name, IReadOnlyList<long> Shape, TensorSource Source)
{
    /// <summary>The product of <see cref="Shape"/>.</summary>
    public long ElementCount { get; } = Shape.Aggregate(1L, (product, size) => checked(product * size));
}

/// <summary>Writes a state dict as <c>torch.save</c> does, in its zip format, so that PyTorch and <see cref="Checkpoint"/> read it.</summary>
public static class CheckpointWriter
{
    // Not the present: the same tensors give the same bytes. (The earliest date a zip archive can hold.)
    private static readonly DateTimeOffset EntryDate = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes a new file, one tensor at a time. On failure or cancellation the file is removed.</summary>
    /// <exception cref="IOException">The file is there already, or cannot be written.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two tensors.</exception>
    public static void Write(string path, IReadOnlyList<TensorToWrite> tensors, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        using FileStream stream = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 1 << 16);
        try
        {
            using (ZipArchive archive = new(stream, ZipArchiveMode.Create, leaveOpen: true))
                Write(archive, tensors, cancellation);
            stream.Flush(flushToDisk: true);
        }
        catch
        {
            stream.Dispose();
            File.Delete(path);
            throw;
        }
    }

    private static void Write(ZipArchive archive, IReadOnlyList<TensorToWrite> tensors, CancellationToken cancellation)
    {
        WriteEntry(archive, "archive/data.pkl", StateDictionaryPickle.Write(tensors));
        WriteEntry(archive, "archive/byteorder", "little"u8);
        for (int i = 0; i < tensors.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var elements = new float[tensors[i].ElementCount];
            tensors[i].Source(elements);
            WriteEntry(archive, $"archive/data/{i}", MemoryMarshal.AsBytes(elements.AsSpan()));
        }
        WriteEntry(archive, "archive/version", "3\n"u8);
    }

    private static void WriteEntry(ZipArchive archive, string name, ReadOnlySpan<byte> bytes)
    {
        ZipArchiveEntry entry = archive.CreateEntry(name, CompressionLevel.NoCompression);
        entry.LastWriteTime = EntryDate;
        using Stream stream = entry.Open();
        stream.Write(bytes);
    }
}
