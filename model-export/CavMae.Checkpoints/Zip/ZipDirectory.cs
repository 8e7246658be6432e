using System.Buffers.Binary;
using System.Text;
using CavMae.Checkpoints.Pickle;

namespace CavMae.Checkpoints.Zip;

/// <summary>A stored (uncompressed) file of an archive: its bytes lie in the archive as they are.</summary>
internal sealed record ZipEntry(string Name, long DataOffset, long SizeBytes);

/// <summary>
/// The directory of a zip archive of stored entries, as <c>torch.save</c> writes them; zip64 is read. Compressed or encrypted
/// entries, entries outside the file and entries that overlap are refused. Format: PKWARE APPNOTE 6.3.
/// </summary>
internal static class ZipDirectory
{
    private const uint EndSignature = 0x06054b50;
    private const uint Zip64LocatorSignature = 0x07064b50;
    private const uint Zip64EndSignature = 0x06064b50;
    private const uint CentralSignature = 0x02014b50;
    private const uint LocalSignature = 0x04034b50;
    private const int EndBytes = 22;

    private readonly record struct Central(long Offset, long SizeBytes, long EntryCount);

    /// <exception cref="CheckpointException">Not an archive of stored entries, or damaged.</exception>
    public static Dictionary<string, ZipEntry> Read(TensorFile file)
    {
        Central central = FindCentralDirectory(file);
        if (central.EntryCount > CheckpointLimits.MaxZipEntries || central.SizeBytes > CheckpointLimits.MaxZipDirectoryBytes)
            throw new CheckpointException($"the zip directory is too large: {central.EntryCount} entries in {central.SizeBytes} bytes");
        if (central.Offset < 0 || central.SizeBytes < 0 || central.Offset > file.Length - central.SizeBytes)
            throw new CheckpointException("the zip directory lies outside the file");

        var bytes = new byte[central.SizeBytes];
        file.ReadExactly(central.Offset, bytes);
        Dictionary<string, ZipEntry> entries = new(StringComparer.Ordinal);
        List<(long Start, long End)> extents = [];
        int position = 0;
        for (long i = 0; i < central.EntryCount; i++)
        {
            (ZipEntry entry, long headerOffset) = ReadEntry(file, central.Offset, bytes, ref position);
            extents.Add((headerOffset, entry.DataOffset + entry.SizeBytes));
            if (!entries.TryAdd(entry.Name, entry))
                throw new CheckpointException($"zip entry {PickleText.Printable(entry.Name)} is there twice");
        }
        CheckNoOverlap(extents);
        return entries;
    }

    private static Central FindCentralDirectory(TensorFile file)
    {
        int tailBytes = (int)Math.Min(file.Length, EndBytes + ushort.MaxValue);
        var tail = new byte[tailBytes];
        file.ReadExactly(file.Length - tailBytes, tail);
        for (int at = tailBytes - EndBytes; at >= 0; at--)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at)) != EndSignature)
                continue;
            ReadOnlySpan<byte> end = tail.AsSpan(at, EndBytes);
            Central plain = new(
                BinaryPrimitives.ReadUInt32LittleEndian(end[16..]),
                BinaryPrimitives.ReadUInt32LittleEndian(end[12..]),
                BinaryPrimitives.ReadUInt16LittleEndian(end[10..]));
            return FindZip64(file, file.Length - tailBytes + at) ?? plain;
        }
        throw new CheckpointException("the zip archive is truncated: its directory, which stands at the end, is missing");
    }

    private static Central? FindZip64(TensorFile file, long endOffset)
    {
        const int LocatorBytes = 20, Zip64EndBytes = 56;
        if (endOffset < LocatorBytes + Zip64EndBytes)
            return null;
        var locator = new byte[LocatorBytes];
        file.ReadExactly(endOffset - LocatorBytes, locator);
        if (BinaryPrimitives.ReadUInt32LittleEndian(locator) != Zip64LocatorSignature)
            return null;
        long offset = BinaryPrimitives.ReadInt64LittleEndian(locator.AsSpan(8));
        if (offset < 0 || offset > endOffset - Zip64EndBytes)
            throw new CheckpointException("the zip64 directory lies outside the file");
        var end = new byte[Zip64EndBytes];
        file.ReadExactly(offset, end);
        if (BinaryPrimitives.ReadUInt32LittleEndian(end) != Zip64EndSignature)
            throw new CheckpointException("the zip64 directory is damaged");
        return new Central(
            BinaryPrimitives.ReadInt64LittleEndian(end.AsSpan(48)),
            BinaryPrimitives.ReadInt64LittleEndian(end.AsSpan(40)),
            BinaryPrimitives.ReadInt64LittleEndian(end.AsSpan(32)));
    }

    private static (ZipEntry Entry, long HeaderOffset) ReadEntry(TensorFile file, long centralOffset, byte[] directory, ref int position)
    {
        const int HeaderBytes = 46;
        ReadOnlySpan<byte> rest = directory.AsSpan(position);
        if (rest.Length < HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(rest) != CentralSignature)
            throw new CheckpointException("the zip directory is damaged");
        int flags = BinaryPrimitives.ReadUInt16LittleEndian(rest[8..]);
        int method = BinaryPrimitives.ReadUInt16LittleEndian(rest[10..]);
        int nameBytes = BinaryPrimitives.ReadUInt16LittleEndian(rest[28..]);
        int extraBytes = BinaryPrimitives.ReadUInt16LittleEndian(rest[30..]);
        int commentBytes = BinaryPrimitives.ReadUInt16LittleEndian(rest[32..]);
        if (rest.Length < HeaderBytes + nameBytes + extraBytes + commentBytes)
            throw new CheckpointException("the zip directory is damaged");
        string name = Encoding.UTF8.GetString(rest.Slice(HeaderBytes, nameBytes));
        if (method != 0)
            throw new CheckpointException($"zip entry {PickleText.Printable(name)} is compressed; torch.save stores entries as they are");
        if ((flags & 1) != 0)
            throw new CheckpointException($"zip entry {PickleText.Printable(name)} is encrypted");

        Zip64Extra wide = new(rest.Slice(HeaderBytes + nameBytes, extraBytes));
        long size = wide.Widen(BinaryPrimitives.ReadUInt32LittleEndian(rest[24..]));
        long storedSize = wide.Widen(BinaryPrimitives.ReadUInt32LittleEndian(rest[20..]));
        long headerOffset = wide.Widen(BinaryPrimitives.ReadUInt32LittleEndian(rest[42..]));
        position += HeaderBytes + nameBytes + extraBytes + commentBytes;
        if (size != storedSize)
            throw new CheckpointException($"zip entry {PickleText.Printable(name)} says {size} bytes but stores {storedSize}");
        long dataOffset = DataOffset(file, centralOffset, name, headerOffset);
        return size < 0 || dataOffset > centralOffset - size
            ? throw new CheckpointException($"zip entry {PickleText.Printable(name)} of {size} bytes reaches outside the archive")
            : (new ZipEntry(name, dataOffset, size), headerOffset);
    }

    private static long DataOffset(TensorFile file, long centralOffset, string name, long headerOffset)
    {
        const int LocalBytes = 30;
        Span<byte> local = stackalloc byte[LocalBytes];
        if (headerOffset < 0 || headerOffset > centralOffset - LocalBytes)
            throw new CheckpointException($"zip entry {PickleText.Printable(name)} starts outside the archive");
        file.ReadExactly(headerOffset, local);
        if (BinaryPrimitives.ReadUInt32LittleEndian(local) != LocalSignature)
            throw new CheckpointException($"zip entry {PickleText.Printable(name)} has no header where the directory says");
        return headerOffset + LocalBytes
            + BinaryPrimitives.ReadUInt16LittleEndian(local[26..]) + BinaryPrimitives.ReadUInt16LittleEndian(local[28..]);
    }

    private static void CheckNoOverlap(List<(long Start, long End)> extents)
    {
        extents.Sort();
        for (int i = 1; i < extents.Count; i++)
        {
            if (extents[i].Start < extents[i - 1].End)
                throw new CheckpointException("entries of the zip archive overlap");
        }
    }
}
