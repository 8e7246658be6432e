namespace CavMae.Training.Data;

/// <summary>Fills one place of a batch of an epoch. Thread-safe.</summary>
internal sealed class SlotReader(ISampleSource source, IReadOnlyList<int> order, int epoch, int batchSize, UnreadableCount unreadable)
{
    /// <summary>How often a sample is drawn anew for want of one to mix it with.</summary>
    private const int Draws = 4;

    /// <summary>Of each place in the order, how many before it hold the same sample.</summary>
    private readonly int[] _occurrences = Occurrences(order, source.Count);

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
        for (int draw = 0; draw < Draws; draw++)
        {
            // No other place's: those are all below the order's length.
            int occurrence = _occurrences[position] + draw * order.Count;
            try
            {
                source.Read(index, epoch, occurrence, batch.Spectrogram(slot), batch.Picture(slot));
                (batch.Indices[slot], batch.Occurrences[slot]) = (index, occurrence);
                return true;
            }
            catch (SampleException fault)
            {
                int culprit = fault.PartnerIndex ?? index;
                unreadable.Add(culprit, source.NameOf(culprit), fault);
                if (fault.PartnerIndex is null)
                    return false;
            }
        }
        return false;
    }

    private static int[] Occurrences(IReadOnlyList<int> order, int samples)
    {
        int[] soFar = new int[samples], occurrences = new int[order.Count];
        for (int position = 0; position < occurrences.Length; position++)
            occurrences[position] = soFar[order[position]]++;
        return occurrences;
    }
}
