using System.Numerics;
using System.Runtime.CompilerServices;

namespace CavMae.Retrieval.Index.Embedded;

/// <summary>
/// One thread's part of a scan. Stored scenes are taken a few at a time, so that they stay in the first cache while all query
/// scenes, four by four, pass over them, and main memory is read once. Allocates nothing while it runs.
/// </summary>
internal sealed class BlockScan(ScanQuery query, TopHits hits)
{
    private const int TileRows = 4;
    private const int QueriesAtOnce = 4;

    private StoredClip? lastClip;
    private bool lastClipAllowed;

    public TopHits Hits => hits;

    /// <param name="chunk">Where the scenes are.</param>
    /// <param name="first">First slot.</param>
    /// <param name="count">Number of slots, all in this chunk.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(VectorChunk chunk, int first, int count)
    {
        var stored = new Stored(chunk.Slots, query.UsesAudio ? chunk.Audio : null, query.UsesVisual ? chunk.Visual : null);
        if (stored.Audio is null && stored.Visual is null)
            return;
        var tile = new Tile();
        for (var slot = first; slot < first + count; slot++)
        {
            ref readonly var scene = ref chunk.Slots[slot];
            var isComparable = (stored.Audio is not null && scene.HasAudio) || (stored.Visual is not null && scene.HasVisual);
            if (scene.Clip is null || !isComparable || !query.MayAllow(scene) || !IsAllowed(scene.Clip))
                continue;
            tile.Slots[tile.Count] = slot;
            tile.Best[tile.Count] = float.NegativeInfinity;
            if (++tile.Count < TileRows)
                continue;
            RunTile(ref tile, stored);
            tile.Count = 0;
        }
        RunTile(ref tile, stored);
    }

    private void RunTile(ref Tile tile, in Stored stored)
    {
        for (var queryScene = 0; queryScene < query.Scenes; queryScene += QueriesAtOnce)
            for (var i = 0; i < tile.Count; i++)
                Compare(queryScene, Math.Min(QueriesAtOnce, query.Scenes - queryScene), tile.Slots[i], stored, ref tile.Best[i], ref tile.BestQueryScene[i]);
        for (var i = 0; i < tile.Count; i++)
            if (hits.IsOpenTo(tile.Best[i]))
            {
                ref readonly var scene = ref stored.Slots[tile.Slots[i]];
                hits.Offer(new Candidate(tile.Best[i], scene.Clip!, scene.Scene, tile.BestQueryScene[i]));
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Compare(int firstQuery, int queries, int slot, in Stored stored, ref float best, ref int bestQueryScene)
    {
        ref readonly var scene = ref stored.Slots[slot];
        var audio = stored.Audio is not null && scene.HasAudio ? Products(query.AgainstAudio, firstQuery, queries, stored.Audio, slot) : default;
        var visual = stored.Visual is not null && scene.HasVisual ? Products(query.AgainstVisual, firstQuery, queries, stored.Visual, slot) : default;
        for (var i = 0; i < queries; i++)
        {
            var score = query.Score(firstQuery + i, scene, audio[i], visual[i]);
            // Not true for NaN (nothing to compare), nor for an equal score: the first query scene counts.
            if (score > best)
                (best, bestQueryScene) = (score, firstQuery + i);
        }
    }

    private static Vector4 Products(VectorMatrix queryRows, int firstQuery, int queries, VectorMatrix stored, int row)
    {
        ref var storedRow = ref stored.RowStart(row);
        if (queries == QueriesAtOnce)
            return DotProduct.OfFourQueries(in queryRows.RowStart(firstQuery), in storedRow, stored.Stride);
        var products = default(Vector4);
        for (var i = 0; i < queries; i++)
            products[i] = DotProduct.Of(in queryRows.RowStart(firstQuery + i), in storedRow, stored.Stride);
        return products;
    }

    /// <summary>Scenes of a clip lie mostly side by side: asking once for each run of them is enough.</summary>
    private bool IsAllowed(StoredClip clip)
    {
        if (clip != lastClip)
        {
            lastClip = clip;
            lastClipAllowed = query.Allows(clip);
        }
        return lastClipAllowed;
    }

    /// <summary>A chunk with the modalities that are asked for and there.</summary>
    private readonly record struct Stored(SceneSlot[] Slots, VectorMatrix? Audio, VectorMatrix? Visual);

    [InlineArray(TileRows)]
    private struct PerRow<T>
    {
        private T first;
    }

    private struct Tile
    {
        public int Count;
        public PerRow<int> Slots;
        public PerRow<float> Best;
        public PerRow<int> BestQueryScene;
    }
}
