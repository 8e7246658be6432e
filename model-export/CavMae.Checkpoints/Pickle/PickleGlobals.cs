namespace CavMae.Checkpoints.Pickle;

/// <summary>
/// The names a pickle may refer to and what calling them makes. This is the whole list: no type is looked up by name and
/// nothing from the file is run.
/// </summary>
internal static class PickleGlobals
{
    /// <exception cref="CheckpointException">The name is not on the list.</exception>
    public static PickleGlobal Resolve(string module, string name)
    {
        bool allowed = (module, name) switch
        {
            ("collections", "OrderedDict") => true,
            ("torch._utils", "_rebuild_tensor" or "_rebuild_tensor_v2" or "_rebuild_parameter") => true,
            ("torch", "Size") => true,
            ("torch", _) => ElementTypes.FromTorchStorage(name) is not null,
            ("builtins" or "__builtin__", "set" or "frozenset") => true,
            _ => false,
        };
        return allowed
            ? new PickleGlobal(module, name)
            : throw new CheckpointException($"the pickle refers to {Printable(module)}.{Printable(name)}; only tensors and plain containers are read");
    }

    /// <exception cref="CheckpointException">The arguments do not fit.</exception>
    public static object Call(object? callee, object? arguments)
    {
        if (callee is not PickleGlobal global)
            throw new CheckpointException($"the pickle calls {PickleText.Kind(callee)}; only tensors and plain containers are read");
        object?[] items = arguments is PickleTuple tuple
            ? tuple.Items
            : throw new CheckpointException($"the pickle calls {global} with {PickleText.Kind(arguments)} for arguments");
        return global.Name switch
        {
            "OrderedDict" when items.Length == 0 => new PickleDictionary(),
            "_rebuild_tensor" when items.Length == 4 => RebuildTensor(items),
            "_rebuild_tensor_v2" when items.Length is 6 or 7 => RebuildTensor(items),
            "_rebuild_parameter" when items.Length == 3 && items[0] is TensorReference tensor => tensor,
            "Size" when items is [PickleTuple size] => size,
            "set" or "frozenset" when items is [PickleList list] => list,
            _ => throw new CheckpointException($"the pickle calls {global} with {items.Length} arguments that do not fit it"),
        };
    }

    /// <summary>The tuple PyTorch writes for a storage: ('storage', class, key, device, elements[, view]).</summary>
    public static StorageReference Storage(object? persistentId)
    {
        if (persistentId is not PickleTuple { Items: ["storage", PickleGlobal type, string key, string, long count, .. var rest] }
            || ElementTypes.FromTorchStorage(type.Name) is not ElementType elementType || rest.Length > 1)
            throw new CheckpointException("the pickle refers to an outside object that is not a storage");
        if (count < 0)
            throw new CheckpointException($"storage {Printable(key)} has a negative size: {count}");
        return rest is [PickleTuple { Items: [string, long first, long viewCount] }]
            ? View(elementType, key, count, first, viewCount)
            : new StorageReference(elementType, key, count, FirstElement: 0);
    }

    private static StorageReference View(ElementType type, string key, long rootCount, long first, long count) =>
        first < 0 || count < 0 || first > rootCount - count
            ? throw new CheckpointException($"a view of storage {Printable(key)} reaches outside it: {count} elements from {first} of {rootCount}")
            : new StorageReference(type, key, count, first);

    private static TensorReference RebuildTensor(object?[] items)
    {
        if (items is not [StorageReference storage, long offset, PickleTuple size, PickleTuple stride, ..])
            throw new CheckpointException("the pickle rebuilds a tensor from something else than a storage, an offset, a size and strides");
        return new TensorReference(
            storage, TensorLayout.Create([.. Numbers(size)], [.. Numbers(stride)], offset, storage.ElementCount));
    }

    private static IEnumerable<long> Numbers(PickleTuple tuple) => tuple.Items.Select(item => item is long number
        ? number
        : throw new CheckpointException($"a tensor's size holds {PickleText.Kind(item)} where a number below 2^63 belongs"));

    private static string Printable(string text) => PickleText.Printable(text);
}
