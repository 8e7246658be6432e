namespace CavMae.Retrieval.Index.Embedded;

/// <summary>Exact search: every vector is compared, memory is read once for all query scenes, large stores by all cores.</summary>
internal static class VectorScanner
{
    /// <summary>Slots a thread takes at a time; memory is asked for cancellation as often.</summary>
    private const int SlotsPerBlock = 256;

    private const int BlocksPerChunk = SceneVectors.SlotsPerChunk / SlotsPerBlock;

    /// <summary>Multiply-adds worth a thread of its own: about a quarter of a millisecond, many times what starting it takes.</summary>
    private const long WorkPerThread = 1 << 20;

    /// <returns>At most <see cref="ScanQuery.Limit"/>, in the order of hits.</returns>
    public static TopHits Scan(SceneVectors.Lease vectors, ScanQuery query, CancellationToken cancellationToken)
    {
        var chunks = vectors.Chunks;
        var blocks = chunks.Length * BlocksPerChunk;
        var result = NewHits(query);
        ForEachBlock(blocks, ThreadCount(vectors.Scenes, query), () => new BlockScan(query, NewHits(query)),
            (scan, block) => scan.Run(chunks[block / BlocksPerChunk], block % BlocksPerChunk * SlotsPerBlock, SlotsPerBlock),
            scan =>
            {
                lock (result)
                    result.Merge(scan.Hits);
            }, cancellationToken);
        return result;
    }

    /// <summary>
    /// Gives blocks to threads as they become free. The calling thread is one of them, so that work goes on where the pool is busy.
    /// </summary>
    internal static void ForEachBlock<TState>(
        int blocks, int threads, Func<TState> start, Action<TState, int> run, Action<TState> finish, CancellationToken cancellationToken)
    {
        var next = -1;
        if (threads <= 1)
            Work();
        else
            Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => Work());
        // Outside the loop, so that callers see the plain exception, not an aggregate.
        cancellationToken.ThrowIfCancellationRequested();

        void Work()
        {
            var state = start();
            while (!cancellationToken.IsCancellationRequested)
            {
                var block = Interlocked.Increment(ref next);
                if (block >= blocks)
                    break;
                run(state, block);
            }
            finish(state);
        }
    }

    private static TopHits NewHits(ScanQuery query) => new(query.Limit, query.MinScore, query.Grouping);

    internal static int ThreadCount(long scenes, ScanQuery query)
    {
        var modalities = (query.UsesAudio ? 1 : 0) + (query.UsesVisual ? 1 : 0);
        var work = scenes * query.AgainstAudio.Stride * modalities * query.Scenes;
        return (int)Math.Clamp(work / WorkPerThread, 1, Environment.ProcessorCount);
    }
}
