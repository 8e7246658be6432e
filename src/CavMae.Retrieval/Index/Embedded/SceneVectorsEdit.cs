namespace CavMae.Retrieval.Index.Embedded;

/// <summary>
/// A change to <see cref="SceneVectors"/>: clips come and go, then all of it is published, or nothing. Everything that can fail
/// (memory) has happened before <see cref="Publish"/>. For one thread.
/// </summary>
internal sealed class SceneVectorsEdit
{
    private readonly SceneVectors vectors;
    private readonly List<VectorChunk> chunks;
    private readonly HashSet<int> ownChunks = [];
    private readonly List<int> takenSlots = [];
    private readonly List<int> emptiedSlots = [];
    private long scenes;

    internal SceneVectorsEdit(SceneVectors vectors, SceneVectors.Snapshot basis)
    {
        this.vectors = vectors;
        chunks = [.. basis.Chunks];
        scenes = basis.Scenes;
    }

    /// <summary>Takes a row for one scene and copies its vectors there.</summary>
    /// <returns>The slot; <see cref="Assign"/> says later whose it is.</returns>
    public int Add(ReadOnlySpan<float> audio, ReadOnlySpan<float> visual)
    {
        var slot = vectors.TakeSlot();
        takenSlots.Add(slot);
        var (chunkIndex, row) = Math.DivRem(slot, SceneVectors.SlotsPerChunk);
        var chunk = OwnChunk(chunkIndex);
        if (!audio.IsEmpty)
            audio.CopyTo((chunk = chunk with { Audio = chunk.Audio ?? NewMatrix() }).Audio!.Row(row));
        if (!visual.IsEmpty)
            visual.CopyTo((chunk = chunk with { Visual = chunk.Visual ?? NewMatrix() }).Visual!.Row(row));
        chunks[chunkIndex] = chunk;
        return slot;
    }

    /// <summary>Gives a clip the slots that were taken for it.</summary>
    public void Assign(StoredClip clip)
    {
        scenes += clip.Slots.Length;
        for (var scene = 0; scene < clip.Slots.Length; scene++)
        {
            var (chunkIndex, row) = Math.DivRem(clip.Slots[scene], SceneVectors.SlotsPerChunk);
            var record = clip.Scenes[scene];
            OwnChunk(chunkIndex).Slots[row] = new SceneSlot(clip, scene, clip.TagBits, record.HasAudio, record.HasVideo);
        }
    }

    /// <summary>Puts a clip in place of the one whose slots and scenes it has taken over.</summary>
    public void Exchange(StoredClip clip)
    {
        scenes -= clip.Slots.Length;
        Assign(clip);
    }

    public void Remove(StoredClip clip)
    {
        scenes -= clip.Slots.Length;
        foreach (var slot in clip.Slots)
        {
            var (chunkIndex, row) = Math.DivRem(slot, SceneVectors.SlotsPerChunk);
            OwnChunk(chunkIndex).Slots[row] = default;
            emptiedSlots.Add(slot);
        }
    }

    public void Publish() => vectors.Publish(new SceneVectors.Snapshot([.. chunks], scenes), emptiedSlots);

    public void Abandon() => vectors.GiveBack(takenSlots);

    /// <summary>A chunk whose slot entries this change may write: new, or a copy of the published one.</summary>
    private VectorChunk OwnChunk(int index)
    {
        while (chunks.Count <= index)
        {
            ownChunks.Add(chunks.Count);
            chunks.Add(new VectorChunk(new SceneSlot[SceneVectors.SlotsPerChunk], null, null));
        }
        if (ownChunks.Add(index))
            chunks[index] = chunks[index] with { Slots = [.. chunks[index].Slots] };
        return chunks[index];
    }

    private VectorMatrix NewMatrix() => new(SceneVectors.SlotsPerChunk, vectors.Dimension, isLongLived: true);
}
