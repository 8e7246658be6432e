namespace CavMae.Retrieval.Index.Embedded;

/// <summary>
/// The clips in memory: catalog and vectors, which change as one. Thread-safe; reading never waits for a write's preparation or its disk. Of
/// changes one may be under way at a time, which is for the <see cref="StoreWriter"/> to see to.
/// </summary>
internal sealed class ClipMemory(ClipCatalog catalog, SceneVectors vectors)
{
    /// <summary>How many clips a list looks at before it lets others have the catalog.</summary>
    private const int ClipsAtOnce = 1024;

    /// <summary>Makes catalog and vectors change as one.</summary>
    private readonly Lock gate = new();

    public int Dimension => vectors.Dimension;

    public StoredClip? Find(string clipId)
    {
        ArgumentNullException.ThrowIfNull(clipId);
        lock (gate)
            return catalog.Find(clipId);
    }

    public StoredClip? FindOldest(string sha256)
    {
        lock (gate)
            return catalog.FindOldest(sha256);
    }

    public IndexCounts Count()
    {
        lock (gate)
            return new IndexCounts(catalog.Clips, catalog.Scenes);
    }

    /// <summary>A clip and the vectors of that same moment; null for no id and for one that there is no clip of.</summary>
    /// <returns>The lease is the caller's to dispose of.</returns>
    public (StoredClip? Clip, SceneVectors.Lease Vectors) Acquire(string? clipId)
    {
        lock (gate)
            return (clipId is null ? null : catalog.Find(clipId), vectors.Acquire());
    }

    /// <summary>Clips after a sequence number that the filter lets through, in order. Searches and writes may go on in between.</summary>
    public List<StoredClip> FindMany(ClipFilter filter, long afterSequence, int limit, CancellationToken cancellationToken)
    {
        var found = new List<StoredClip>();
        StoredClip[] some;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            lock (gate)
                some = catalog.After(afterSequence, ClipsAtOnce);
            foreach (var clip in some)
            {
                afterSequence = clip.Sequence;
                if (clip.Fulfils(filter))
                    found.Add(clip);
                if (found.Count == limit)
                    return found;
            }
        }
        while (some.Length == ClipsAtOnce);
        return found;
    }

    /// <summary>Starts a change of vectors, which <see cref="Publish"/> shows.</summary>
    public SceneVectorsEdit BeginEdit() => vectors.BeginEdit();

    /// <summary>Shows a change to readers in one step. Cannot fail for what was prepared.</summary>
    /// <param name="before">The clip that goes; null: none.</param>
    /// <param name="after">The clip that comes; null: none.</param>
    /// <param name="edit">The vectors' side of it, with everything that can fail done.</param>
    public void Publish(StoredClip? before, StoredClip? after, SceneVectorsEdit edit)
    {
        lock (gate)
        {
            if (before is not null)
                catalog.Remove(before);
            if (after is not null)
                catalog.Add(after);
            edit.Publish();
        }
    }
}
