using System.Runtime.CompilerServices;

namespace CavMae.Retrieval.Index.Embedded;

/// <summary>
/// One thread's part of a scan. Stored scenes are taken eight at a time: small enough to stay in the first cache while all
/// query scenes pass over them, so that main memory is read once. Allocates nothing while it runs.
/// </summary>
internal sealed class BlockScan(ScanQuery query, TopHits hits)
{
    private const int TileRows = 8;

    private StoredClip? lastClip;
    private bool lastClipAllowed;

    public TopHits Hits => hits;

    /// <param name="chunk">Where the scenes are.</param>
    /// <param name="first">First slot.</param>
    /// <param name="count">Number of slots, all in this chunk.</param>
    public void Run(VectorChunk chunk, int first, int count)
    {
        var audio = query.UsesAudio ? chunk.Audio : null;
        var visual = query.UsesVisual ? chunk.Visual : null;
        if (audio is null && visual is null)
            return;
        var tile = new Tile();
        for (var slot = first; slot < first + count; slot++)
        {
            ref readonly var scene = ref chunk.Slots[slot];
            if (scene.Clip is null || !((audio is not null && scene.HasAudio) || (visual is not null && scene.HasVisual)) || !IsAllowed(scene.Clip))
                continue;
            tile.Rows[tile.Count++] = slot;
            if (tile.Count == TileRows)
            {
                RunTile(ref tile, chunk.Slots, audio, visual);
                tile.Count = 0;
            }
        }
        if (tile.Count > 0)
            RunTile(ref tile, chunk.Slots, audio, visual);
    }

    private void RunTile(ref Tile tile, SceneSlot[] slots, VectorMatrix? audio, VectorMatrix? visual)
    {
        // A tile that is not full repeats its last row: no second kernel, and at most seven products too many.
        for (var i = tile.Count; i < TileRows; i++)
            tile.Rows[i] = tile.Rows[tile.Count - 1];
        for (var i = 0; i < tile.Count; i++)
            tile.Best[i] = float.NegativeInfinity;
        for (var queryScene = 0; queryScene < query.Scenes; queryScene++)
        {
            if (audio is not null)
                Multiply(query.AgainstAudio, queryScene, audio, ref tile.Rows, ref tile.AudioProducts);
            if (visual is not null)
                Multiply(query.AgainstVisual, queryScene, visual, ref tile.Rows, ref tile.VisualProducts);
            for (var i = 0; i < tile.Count; i++)
            {
                var score = query.Score(queryScene, slots[tile.Rows[i]], tile.AudioProducts[i], tile.VisualProducts[i]);
                // Not true for NaN (nothing to compare), nor for an equal score: the first query scene counts.
                if (score > tile.Best[i])
                {
                    tile.Best[i] = score;
                    tile.BestQueryScene[i] = queryScene;
                }
            }
        }
        for (var i = 0; i < tile.Count; i++)
            if (hits.IsOpenTo(tile.Best[i]))
            {
                ref readonly var scene = ref slots[tile.Rows[i]];
                hits.Offer(new Candidate(tile.Best[i], scene.Clip!, scene.Scene, tile.BestQueryScene[i]));
            }
    }

    private static void Multiply(VectorMatrix queries, int queryScene, VectorMatrix stored, ref Eight<int> rows, ref Eight<float> products)
    {
        ref var queryRow = ref queries.RowStart(queryScene);
        for (var i = 0; i < TileRows; i += 4)
        {
            var four = DotProduct.OfFourRows(in queryRow, in stored.RowStart(rows[i]), in stored.RowStart(rows[i + 1]),
                in stored.RowStart(rows[i + 2]), in stored.RowStart(rows[i + 3]), stored.Stride);
            four.CopyTo(products[i..(i + 4)]);
        }
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

    [InlineArray(TileRows)]
    private struct Eight<T>
    {
        private T first;
    }

    private struct Tile
    {
        public int Count;
        public Eight<int> Rows;
        public Eight<float> AudioProducts;
        public Eight<float> VisualProducts;
        public Eight<float> Best;
        public Eight<int> BestQueryScene;
    }
}
