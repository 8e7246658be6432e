using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Ingest.Reindexing;

/// <summary>
/// Fills the new collections of a store in Qdrant from the media of one machine's data folder, which is only read, swaps them in, and later brings over what came to the old ones
/// after that. May be interrupted at any time and goes on where it was, on this machine or another.
/// </summary>
public sealed class SharedStoreReindexer(MediaEmbedder embedder, QdrantStoreChange change, string modelId, string mediaFolder)
{
    private readonly ClipReencoder encoder = new(embedder, modelId, mediaFolder, whereElse: "; run this command on the machine that took it");

    /// <summary>Repeats until a pass changes nothing, then swaps; nothing is swapped where a clip cannot be encoded, unless it may be left out.</summary>
    /// <param name="first">The old store's clips when this begins.</param>
    /// <param name="parallelism">Files under way at once.</param>
    /// <param name="leaveOut">Whether the store is ready without the clips that cannot be encoded.</param>
    /// <param name="report">Told of each clip of the first pass.</param>
    /// <param name="cancellationToken">Stops; whole clips stay.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be read or written, or another run has swapped it.</exception>
    public async Task<ReindexResult> RunAsync(IReadOnlyList<ClipRecord> first, int parallelism, bool leaveOut, Action<ClipRecord>? report = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(first);
        // Another run that swaps meanwhile puts the new store to use: what comes to it then must stay.
        StoreCatchUp catchUp = new(encoder, change.New, change.RequireUnchangedAsync);
        IReadOnlyList<ClipRecord> clips = first;
        CatchUpResult result = await catchUp.RunAsync(clips, parallelism, report, cancellationToken).ConfigureAwait(false);
        while (result.Changes > 0)
        {
            clips = await change.ReadOldAsync(cancellationToken).ConfigureAwait(false);
            result = await catchUp.RunAsync(clips, parallelism, null, cancellationToken).ConfigureAwait(false);
        }
        bool isReady = leaveOut || result.Failures.Count == 0;
        if (isReady)
            await change.SwapAsync(clips.Select(clip => clip.Id), cancellationToken).ConfigureAwait(false);
        return new ReindexResult(isReady, result.Failures);
    }

    /// <summary>
    /// Brings over what services with the old model took after the swap, and removes the old store. What was changed or removed there stays as it was at the swap; what
    /// was removed in the new store does not come back.
    /// </summary>
    /// <param name="parallelism">Files under way at once.</param>
    /// <param name="leaveOut">Whether clips that cannot be encoded go with the old store.</param>
    /// <param name="report">Told of each clip.</param>
    /// <param name="cancellationToken">Stops; whole clips stay.</param>
    /// <returns>Clips brought over, and whether the old store is removed.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be read or written.</exception>
    public async Task<(int Added, ReindexResult Result)> FinishAsync(int parallelism, bool leaveOut, Action<ClipRecord>? report = null, CancellationToken cancellationToken = default)
    {
        int added = 0, before;
        IReadOnlyList<ReindexFailure> failures;
        do
        {
            before = added;
            List<ClipRecord> late = await change.ReadLateAsync(cancellationToken).ConfigureAwait(false);
            failures = await encoder.RunAsync(late.ToAsyncEnumerable(), parallelism, AddAsync, report, cancellationToken).ConfigureAwait(false);
        }
        while (added > before);
        bool isReady = leaveOut || failures.Count == 0;
        if (isReady)
            await change.FinishAsync(cancellationToken).ConfigureAwait(false);
        return (added, new ReindexResult(isReady, failures));

        async Task AddAsync(ClipRecord clip, IReadOnlyList<SceneEmbedding> scenes, CancellationToken cancellation)
        {
            if (await change.AddLateAsync(clip, scenes, cancellation).ConfigureAwait(false))
                added++;
        }
    }
}
