using CavMae.Checkpoints.Pickle;

namespace CavMae.Checkpoints.Formats;

/// <summary>Finds the named tensors in what a checkpoint's pickle holds.</summary>
internal static class StateDictionary
{
    private const int MaxNamedKeys = 8;

    private static readonly string[] UsualKeys = ["state_dict", "model"];

    /// <summary>
    /// The tensors of the dict itself; where it holds none, of the dict under "state_dict" or "model".
    /// </summary>
    /// <param name="locate">File offset in bytes of a storage's first element.</param>
    /// <exception cref="CheckpointException">There are none.</exception>
    public static List<TensorEntry> Entries(object? root, Func<StorageReference, long> locate)
    {
        PickleDictionary dictionary = Find(root);
        List<TensorEntry> entries = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach ((object? key, object? value) in dictionary.Pairs)
        {
            if (value is not TensorReference tensor)
                continue;
            if (key is not string name)
                throw new CheckpointException($"a tensor of its state dict is named by {PickleText.Kind(key)}");
            if (!names.Add(name))
                throw new CheckpointException($"its state dict holds {PickleText.Printable(name)} twice");
            if (entries.Count == CheckpointLimits.MaxTensors)
                throw new CheckpointException($"its state dict holds more than {CheckpointLimits.MaxTensors} tensors");
            TensorInfo info = new(name, tensor.Layout.Shape, tensor.Storage.ElementType, tensor.Layout.ElementCount);
            entries.Add(new TensorEntry(info, tensor.Layout, Locate(name, tensor.Storage, locate)));
        }
        return entries;
    }

    private static PickleDictionary Find(object? root)
    {
        if (root is not PickleDictionary dictionary)
            throw new CheckpointException($"it holds {PickleText.Kind(root)} where a state dict belongs");
        if (HoldsTensors(dictionary))
            return dictionary;
        foreach (string key in UsualKeys)
        {
            if (dictionary.Find(key) is PickleDictionary inner && HoldsTensors(inner))
                return inner;
        }
        throw new CheckpointException($"it holds no state dict: no tensors at the top level nor under \"state_dict\" or \"model\"{Found(dictionary)}");
    }

    private static string Found(PickleDictionary dictionary)
    {
        if (dictionary.Find("param_groups") is PickleList && dictionary.Find("state") is PickleDictionary)
            return "; it is the state of an optimizer: give the file of the model's weights";
        string[] keys = [.. dictionary.Pairs.Take(MaxNamedKeys).Select(pair => pair.Key is string name ? $"\"{PickleText.Printable(name)}\"" : PickleText.Kind(pair.Key))];
        return keys.Length == 0 ? "; it is empty" : $"; its keys are {string.Join(", ", keys)}{(dictionary.Pairs.Count > keys.Length ? ", …" : "")}";
    }

    private static bool HoldsTensors(PickleDictionary dictionary) => dictionary.Pairs.Exists(pair => pair.Value is TensorReference);

    private static long Locate(string name, StorageReference storage, Func<StorageReference, long> locate)
    {
        try
        {
            return locate(storage);
        }
        catch (CheckpointException problem)
        {
            throw new CheckpointException($"{PickleText.Printable(name)}: {problem.Message}", problem);
        }
    }
}
