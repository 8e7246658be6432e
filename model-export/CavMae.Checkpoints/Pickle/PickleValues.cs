namespace CavMae.Checkpoints.Pickle;

// What a pickle may hold here: null, bool, long, BigInteger, double, string, byte[] and the types of this file.

/// <summary>A tuple; immutable as in Python.</summary>
internal sealed record PickleTuple(object?[] Items);

/// <summary>A list, set or frozenset.</summary>
internal sealed class PickleList
{
    public List<object?> Items { get; } = [];
}

/// <summary>A dict or OrderedDict: pairs in the order they were set. Keys are compared only where they are text.</summary>
internal sealed class PickleDictionary
{
    public List<KeyValuePair<object?, object?>> Pairs { get; } = [];

    /// <summary>The value set last under a text key; null where there is none.</summary>
    public object? Find(string key) => Pairs.FindLast(pair => pair.Key is string name && name == key).Value;
}

/// <summary>A class or function on the allow-list, by name only.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    public override string ToString() => $"{Module}.{Name}";
}

/// <summary>A flat run of elements kept outside the pickle.</summary>
/// <param name="FirstElement">Where a view starts in the storage that is in the file (old legacy files only).</param>
internal sealed record StorageReference(ElementType ElementType, string Key, long ElementCount, long FirstElement);

internal sealed record TensorReference(StorageReference Storage, TensorLayout Layout);
