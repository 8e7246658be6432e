namespace CavMae.Training.Data;

/// <summary>Fills one place of a batch of an epoch. Thread-safe.</summary>
internal sealed class SlotReader(ISampleSource source, IReadOnlyList<int> order, int epoch, int batchSize, UnreadableCount unreadable)
{
    public int BatchLength(int number) => Math.Min(batchSize, order.Count - number * batchSize);

    /// <summary>Reads the sample that belongs there, or, where that cannot be read, the one that stands for it.</summary>
    /// <exception cref="UnreadableSamplesException">Too many samples cannot be read.</exception>
    public void Read(Batch batch, int slot)
    {
        int begin = batch.Number * batchSize;
        if (TryRead(begin + slot, batch, slot))
            return;
        int candidate = begin + batch.Count + slot;
        for (int tried = 0; tried < order.Count; tried++)
        {
            if (TryRead((candidate + tried) % order.Count, batch, slot))
                return;
        }
        throw new UnreadableSamplesException($"None of the epoch's {order.Count} samples can be read.");
    }

    private bool TryRead(int position, Batch batch, int slot)
    {
        int index = order[position];
        try
        {
            source.Read(index, epoch, batch.Spectrogram(slot), batch.Picture(slot));
        }
        catch (SampleException fault)
        {
            unreadable.Add(index, source.NameOf(index), fault);
            return false;
        }
        batch.Indices[slot] = index;
        return true;
    }
}
