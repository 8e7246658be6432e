using CavMae.Retrieval.Embeddings;

namespace CavMae.Retrieval.Index.Embedded;

/// <summary>Searches in memory, each in the state of one moment; writes go on meanwhile. Thread-safe.</summary>
internal sealed class MemorySearch(ClipMemory memory)
{
    /// <summary>Compares every vector that the query lets take part; blocks the calling thread, and takes others to help where that is worth it.</summary>
    /// <param name="query">Checked.</param>
    /// <param name="cancellationToken">Stops within a block.</param>
    /// <returns>The best, in the order of hits.</returns>
    public IReadOnlyList<IndexHit> Run(IndexQuery query, CancellationToken cancellationToken)
    {
        var (excluded, lease) = memory.Acquire(query.ExcludedClipId);
        using (lease)
        {
            var scan = new ScanQuery(query, memory.Dimension, excluded, lease.Chunks.Length * SceneVectors.SlotsPerChunk);
            var best = VectorScanner.Scan(lease, scan, cancellationToken);
            var factory = new HitFactory(query, lease.Chunks, memory.Dimension);
            var hits = new IndexHit[best.Kept.Length];
            for (var i = 0; i < hits.Length; i++)
                hits[i] = factory.Create(best.Kept[i]);
            return hits;
        }
    }

    /// <summary>Copies of a clip's vectors, in scene order; null: there is no clip of this id.</summary>
    public IReadOnlyList<SceneEmbedding>? ReadVectors(string clipId)
    {
        var (clip, lease) = memory.Acquire(clipId);
        using (lease)
            return clip is null ? null : [.. clip.Scenes.Select((scene, i) => ToEmbedding(lease.Chunks, clip.Slots[i], scene))];
    }

    private static SceneEmbedding ToEmbedding(VectorChunk[] chunks, int slot, SceneRecord scene)
    {
        var (chunk, row) = Math.DivRem(slot, SceneVectors.SlotsPerChunk);
        return new SceneEmbedding(scene.Index, scene.Start, scene.End,
            scene.HasAudio ? chunks[chunk].Audio!.Row(row).ToArray() : null,
            scene.HasVideo ? chunks[chunk].Visual!.Row(row).ToArray() : null);
    }
}
