namespace CavMae.Retrieval.Index.Embedded;

/// <summary>All clips by id, by content and in list order. Not thread safe: the index guards it.</summary>
internal sealed class ClipCatalog
{
    private readonly Dictionary<string, StoredClip> byId = new(StringComparer.Ordinal);

    /// <summary>By sequence number.</summary>
    private readonly List<StoredClip> inOrder = [];

    /// <summary>Content to the sequence numbers of the clips that have it, ascending; nearly always one.</summary>
    private readonly Dictionary<string, long[]> byContent = new(StringComparer.Ordinal);

    public int Clips => inOrder.Count;
    public long Scenes { get; private set; }

    public StoredClip? Find(string id) => byId.GetValueOrDefault(id);

    public StoredClip? FindOldest(string sha256) =>
        byContent.TryGetValue(sha256, out var sequences) ? inOrder[PlaceOf(sequences[0])] : null;

    public void Add(StoredClip clip)
    {
        byId.Add(clip.Id, clip);
        inOrder.Insert(PlaceOf(clip.Sequence), clip);
        long[] sequences = byContent.TryGetValue(clip.Sha256, out var others) ? [.. others, clip.Sequence] : [clip.Sequence];
        Array.Sort(sequences);
        byContent[clip.Sha256] = sequences;
        Scenes += clip.Slots.Length;
    }

    public void Remove(StoredClip clip)
    {
        byId.Remove(clip.Id);
        inOrder.RemoveAt(PlaceOf(clip.Sequence));
        long[] others = [.. byContent[clip.Sha256].Where(sequence => sequence != clip.Sequence)];
        if (others.Length == 0)
            byContent.Remove(clip.Sha256);
        else
            byContent[clip.Sha256] = others;
        Scenes -= clip.Slots.Length;
    }

    /// <summary>Clips after a sequence number, in order: at most <paramref name="limit"/>.</summary>
    public StoredClip[] After(long sequence, int limit)
    {
        var first = PlaceOf(sequence + 1);
        return [.. inOrder.Slice(first, Math.Min(limit, inOrder.Count - first))];
    }

    /// <summary>Place of the first clip whose sequence number is not smaller.</summary>
    private int PlaceOf(long sequence)
    {
        var (low, high) = (0, inOrder.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (inOrder[middle].Sequence < sequence)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
