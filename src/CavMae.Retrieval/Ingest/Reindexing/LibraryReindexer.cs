using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Ingest.Reindexing;

/// <param name="IsReady">Whether the next start with the new model takes the store.</param>
/// <param name="Failures">Clips that could not be encoded.</param>
public sealed record ReindexResult(bool IsReady, IReadOnlyList<ReindexFailure> Failures);

/// <summary>
/// Fills a second store, of another model, from the media of a data folder, while a service goes on working on that: it is only read. May be
/// interrupted at any time and goes on where it was.
/// </summary>
public sealed class LibraryReindexer(MediaEmbedder embedder, ISceneIndex target, string modelId)
{
    /// <summary>Clips come and go meanwhile; what is left after these is caught up at the swap.</summary>
    private const int MaxPasses = 3;

    /// <param name="dataFolder">The data folder that is read.</param>
    /// <param name="first">Its clips when this begins.</param>
    /// <param name="parallelism">Files under way at once.</param>
    /// <param name="leaveOut">Whether the store is ready without the clips that cannot be encoded.</param>
    /// <param name="report">Told of each clip of the first pass.</param>
    /// <param name="cancellationToken">Stops; whole clips stay.</param>
    /// <exception cref="StoreUnavailableException">A store cannot be read or written.</exception>
    public async Task<ReindexResult> RunAsync(string dataFolder, StoreSnapshot first, int parallelism, bool leaveOut, Action<ClipRecord>? report = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(first);
        string reindexFolder = ReindexFolder.PathIn(dataFolder);
        ReindexFolder.RemoveMark(reindexFolder);
        StoreCatchUp catchUp = new(new ClipReencoder(embedder, modelId, DataFolder.MediaFolderIn(dataFolder)), target);
        CatchUpResult result = await catchUp.RunAsync(first.Clips, parallelism, report, cancellationToken).ConfigureAwait(false);
        for (int pass = 2; pass <= MaxPasses && result.Changes + result.Failures.Count > 0; pass++)
            result = await catchUp.RunAsync(StoreSnapshot.Read(dataFolder, cancellationToken).Clips, parallelism, null, cancellationToken).ConfigureAwait(false);
        bool isReady = leaveOut || result.Failures.Count == 0;
        if (isReady)
            ReindexFolder.WriteMark(reindexFolder, new ReadyMark(modelId, [.. result.Failures.Select(failure => failure.ClipId)]));
        return new ReindexResult(isReady, result.Failures);
    }
}
