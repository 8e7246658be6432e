using CavMae.Checkpoints.Pickle;
using CavMae.Checkpoints.Zip;

namespace CavMae.Checkpoints.Formats;

/// <summary>What <c>torch.save</c> writes since PyTorch 1.6: a zip archive of NAME/data.pkl and the storages NAME/data/KEY.</summary>
internal static class ZipFormat
{
    public static List<TensorEntry> Read(TensorFile file)
    {
        Dictionary<string, ZipEntry> entries = ZipDirectory.Read(file);
        string folder = FindFolder(entries.Keys);
        CheckByteOrder(file, entries.GetValueOrDefault(folder + "byteorder"));
        ZipEntry pickle = entries[folder + "data.pkl"];
        object? root = Unpickler.Load(new PickleInput(file, pickle.DataOffset, pickle.DataOffset + pickle.SizeBytes));
        return StateDictionary.Entries(root, storage => Locate(entries, folder, storage));
    }

    private static string FindFolder(IEnumerable<string> names)
    {
        const string Pickle = "data.pkl";
        string[] found = [.. names.Where(name => name.EndsWith("/" + Pickle, StringComparison.Ordinal) && name.Count(c => c == '/') == 1)];
        return found switch
        {
            [string only] => only[..^Pickle.Length],
            [] => throw new CheckpointException("the zip archive holds no data.pkl: it was not written by torch.save"),
            _ => throw new CheckpointException("the zip archive holds more than one data.pkl"),
        };
    }

    private static void CheckByteOrder(TensorFile file, ZipEntry? entry)
    {
        if (entry is null)
            return; // PyTorch before 2.1 did not write it; all it ran on is little-endian.
        Span<byte> text = stackalloc byte[(int)Math.Min(entry.SizeBytes, 16)];
        file.ReadExactly(entry.DataOffset, text);
        if (!text.SequenceEqual("little"u8))
            throw new CheckpointException("the storages are not little-endian");
    }

    private static long Locate(Dictionary<string, ZipEntry> entries, string folder, StorageReference storage)
    {
        string name = folder + "data/" + storage.Key;
        if (!entries.TryGetValue(name, out ZipEntry? entry))
            throw new CheckpointException($"storage {PickleText.Printable(name)} is missing in the archive");
        int elementBytes = storage.ElementType.SizeInBytes();
        return storage.ElementCount > entry.SizeBytes / elementBytes - storage.FirstElement
            ? throw new CheckpointException(
                $"storage {PickleText.Printable(name)} is too short: {storage.ElementCount} elements of {elementBytes} bytes are said to be in {entry.SizeBytes} bytes")
            : entry.DataOffset + storage.FirstElement * elementBytes;
    }
}
