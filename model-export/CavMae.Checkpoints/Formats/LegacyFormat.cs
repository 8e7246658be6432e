using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using CavMae.Checkpoints.Pickle;

namespace CavMae.Checkpoints.Formats;

/// <summary>
/// What <c>torch.save</c> wrote before PyTorch 1.6: pickles of a magic number, a protocol version, the system's sizes, the
/// object and the storages' keys; then each storage as an element count (int64) and its elements.
/// </summary>
internal static class LegacyFormat
{
    private const long ProtocolVersion = 1001;

    private static readonly BigInteger Magic = BigInteger.Parse("119547037146038801333356", CultureInfo.InvariantCulture);

    private readonly record struct StoredStorage(long OffsetBytes, long ElementCount);

    public static List<TensorEntry> Read(TensorFile file)
    {
        long position = 0;
        if (Next() is not BigInteger magic || magic != Magic)
            throw new CheckpointException("it starts with a pickle that is not torch.save's");
        if (Next() is not ProtocolVersion)
            throw new CheckpointException($"its legacy format is not version {ProtocolVersion}");
        if (Next() is not PickleDictionary system || system.Find("little_endian") is not true)
            throw new CheckpointException("its storages are not little-endian");
        List<StorageReference> references = [];
        object? root = Next(references);
        if (Next() is not PickleList keys)
            throw new CheckpointException("its list of storages is damaged");
        Dictionary<string, StoredStorage> stored = FindStorages(file, position, keys, references);
        return StateDictionary.Entries(root, storage => Locate(stored, storage));

        object? Next(List<StorageReference>? storages = null)
        {
            PickleInput input = new(file, position, file.Length);
            object? value = Unpickler.Load(input, storages);
            position = input.Position;
            return value;
        }
    }

    private static Dictionary<string, StoredStorage> FindStorages(
        TensorFile file, long position, PickleList keys, List<StorageReference> references)
    {
        // A storage's element type stands only in the object's pickle.
        Dictionary<string, ElementType> types = new(StringComparer.Ordinal);
        foreach (StorageReference reference in references)
        {
            if (!types.TryAdd(reference.Key, reference.ElementType) && types[reference.Key] != reference.ElementType)
                throw new CheckpointException($"storage {PickleText.Printable(reference.Key)} is used with two element types");
        }

        Dictionary<string, StoredStorage> stored = new(StringComparer.Ordinal);
        Span<byte> count = stackalloc byte[8];
        foreach (object? item in keys.Items)
        {
            if (item is not string key || !types.TryGetValue(key, out ElementType type))
                throw new CheckpointException("its list of storages names one that no tensor uses");
            file.ReadExactly(position, count);
            position += count.Length;
            long elements = BinaryPrimitives.ReadInt64LittleEndian(count);
            if (elements < 0 || elements > (file.Length - position) / type.SizeInBytes())
                throw new CheckpointException($"the file is truncated: storage {PickleText.Printable(key)} of {elements} elements reaches beyond its end");
            if (!stored.TryAdd(key, new StoredStorage(position, elements)))
                throw new CheckpointException($"storage {PickleText.Printable(key)} is there twice");
            position += elements * type.SizeInBytes();
        }
        return stored;
    }

    private static long Locate(Dictionary<string, StoredStorage> stored, StorageReference storage)
    {
        if (!stored.TryGetValue(storage.Key, out StoredStorage place))
            throw new CheckpointException($"storage {PickleText.Printable(storage.Key)} is missing in the file");
        return storage.ElementCount > place.ElementCount - storage.FirstElement
            ? throw new CheckpointException(
                $"storage {PickleText.Printable(storage.Key)} is too short: {place.ElementCount} elements where {storage.ElementCount} are used")
            : place.OffsetBytes + storage.FirstElement * storage.ElementType.SizeInBytes();
    }
}
