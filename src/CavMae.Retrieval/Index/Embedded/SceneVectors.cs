namespace CavMae.Retrieval.Index.Embedded;

/// <summary>What lies in a slot; <see cref="Clip"/> is null for an empty one.</summary>
/// <param name="TagBits"><see cref="Embedded.TagBits"/> of the clip, here so that most clips are passed over without a look at them.</param>
internal readonly record struct SceneSlot(StoredClip? Clip, int Scene, uint TagBits, bool HasAudio, bool HasVisual);

/// <summary>Slots with their vectors, a matrix for each modality that occurs. What is published never changes, except rows of empty slots.</summary>
internal sealed record VectorChunk(SceneSlot[] Slots, VectorMatrix? Audio, VectorMatrix? Visual);

/// <summary>
/// All scenes' vectors in memory, shared by searches and one writer without either waiting for the other: a search reads an
/// immutable <see cref="Snapshot"/>, a writer prepares the next one and publishes it in one step. A removed scene's row is
/// used again only when no search can see it any more.
/// </summary>
internal sealed class SceneVectors(int dimension)
{
    public const int SlotsPerChunk = 4096;

    private readonly Lock gate = new();
    private readonly Stack<int> freeSlots = new();

    /// <summary>Snapshots that were replaced, oldest first, each with the slots that became empty when it was.</summary>
    private readonly Queue<(Snapshot Snapshot, List<int> EmptiedSlots)> replaced = new();

    private Snapshot current = new([], 0);
    private int slotsInUse;

    public int Dimension => dimension;

    /// <summary>The newest state, to be read until the lease is disposed of.</summary>
    public Lease Acquire()
    {
        lock (gate)
        {
            current.Readers++;
            return new Lease(this, current);
        }
    }

    /// <summary>Starts a change; only one may be under way.</summary>
    public SceneVectorsEdit BeginEdit() => new(this, current);

    internal int TakeSlot()
    {
        lock (gate)
            return freeSlots.TryPop(out var free) ? free : slotsInUse++;
    }

    internal void GiveBack(List<int> slots)
    {
        lock (gate)
            foreach (var slot in slots)
                freeSlots.Push(slot);
    }

    internal void Publish(Snapshot next, List<int> emptiedSlots)
    {
        lock (gate)
        {
            replaced.Enqueue((current, emptiedSlots));
            current = next;
            FreeWhatNobodySees();
        }
    }

    private void Release(Snapshot snapshot)
    {
        lock (gate)
        {
            snapshot.Readers--;
            FreeWhatNobodySees();
        }
    }

    /// <summary>In order: whoever reads a snapshot may see every slot that was emptied after it.</summary>
    private void FreeWhatNobodySees()
    {
        while (replaced.TryPeek(out var oldest) && oldest.Snapshot.Readers == 0)
            foreach (var slot in replaced.Dequeue().EmptiedSlots)
                freeSlots.Push(slot);
    }

    internal sealed class Snapshot(VectorChunk[] chunks, long scenes)
    {
        public VectorChunk[] Chunks { get; } = chunks;
        public long Scenes { get; } = scenes;

        /// <summary>Guarded by the gate.</summary>
        public int Readers { get; set; }
    }

    internal sealed class Lease(SceneVectors owner, Snapshot snapshot) : IDisposable
    {
        private SceneVectors? owner = owner;

        public VectorChunk[] Chunks => snapshot.Chunks;
        public long Scenes => snapshot.Scenes;

        public void Dispose() => Interlocked.Exchange(ref owner, null)?.Release(snapshot);
    }
}
