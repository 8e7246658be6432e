using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Index.Embedded;
using Microsoft.Extensions.Logging;

namespace CavMae.Retrieval.Ingest.Reindexing;

/// <summary>
/// At the start with a new model: puts the store that was filled for it in place of the old one. One rename does it, so that a kill at any moment leaves
/// the one or the other; see docs/decisions/0014-reindexing.md.
/// </summary>
internal sealed partial class StoreSwap(DataFolder folder, ModelManifest model, MediaEmbedder embedder, MediaChanges media, ILogger logger)
{
    private static readonly string[] JournalSuffixes = ["-wal", "-journal"];

    /// <summary>Does nothing where no store is ready for this model.</summary>
    /// <exception cref="StoreInUseException">The store is being filled at this moment.</exception>
    /// <exception cref="StoreUnavailableException">A clip that came since cannot be encoded, or a file cannot be moved; the old store is as it was.</exception>
    public async Task RunAsync(int parallelism, CancellationToken cancellationToken)
    {
        string reindexFolder = ReindexFolder.PathIn(folder.FullPath);
        if (ReindexFolder.ReadMark(reindexFolder) is not { } mark || mark.ModelId != model.ModelId)
            return;
        string filled = ReindexFolder.DatabasePath(reindexFolder);
        // Killed after the rename, there is only what is left to remove.
        if (File.Exists(filled))
        {
            StoreSnapshot old = StoreSnapshot.Read(folder.FullPath, cancellationToken);
            if (old.ModelId == model.ModelId)
                throw new StoreUnavailableException($"The store is of model '{model.ModelId}' already, and '{reindexFolder}' holds another one of it. Remove that folder.");
            await CatchUpAsync(reindexFolder, old, mark, parallelism, cancellationToken).ConfigureAwait(false);
            // Opened to write and closed again, SQLite brings what is in its log into the file: a log beside a file that is not its own would spoil it.
            new ClipDatabase(folder.DatabasePath, old.ModelId, old.Dimension).Dispose();
            foreach (string path in (string[])[folder.DatabasePath, filled])
                if (JournalSuffixes.Any(suffix => File.Exists(path + suffix)))
                    throw new StoreUnavailableException($"'{path}' is being read by another program. Start again when it is done.");
            Move(filled);
            LogSwapped(logger, old.ModelId, model.ModelId, old.Clips.Count);
        }
        Directory.Delete(reindexFolder, recursive: true);
    }

    private async Task CatchUpAsync(string reindexFolder, StoreSnapshot old, ReadyMark mark, int parallelism, CancellationToken cancellationToken)
    {
        using DataFolder second = DataFolder.Open(reindexFolder);
        EmbeddedIndex target = await EmbeddedIndex.OpenAsync(second, model.ModelId, model.Dimension, cancellationToken: cancellationToken).ConfigureAwait(false);
        await using (target.ConfigureAwait(false))
        {
            CatchUpResult result = await new StoreCatchUp(new ClipReencoder(embedder, model.ModelId, folder.MediaFolder), target).RunAsync(old.Clips, parallelism, null, cancellationToken).ConfigureAwait(false);
            if (result.Failures.FirstOrDefault(failure => !mark.LeftOut.Contains(failure.ClipId)) is { } failure)
                throw new StoreUnavailableException(
                    $"Clip '{failure.ClipId}' came after cavmae reindex and cannot be encoded by model '{model.ModelId}': {failure.Reason}. Start with model '{old.ModelId}', and run cavmae reindex again.");
            // Media of clips that are left behind belong to nobody then: the sweep at this or the next start removes them.
            HashSet<string> left = [.. result.Failures.Select(failed => failed.ClipId)];
            foreach (ClipRecord clip in old.Clips.Where(clip => left.Contains(clip.Id)))
                media.MarkPending(clip.Sha256);
        }
    }

    private void Move(string filled)
    {
        try
        {
            File.Move(filled, folder.DatabasePath, overwrite: true);
            DirectorySync.Flush(folder.FullPath);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"'{filled}' cannot be moved to '{folder.DatabasePath}': {problem.Message}", problem);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The store of model {OldModel} was replaced by that of model {NewModel}, filled from the media of {Clips} clips.")]
    private static partial void LogSwapped(ILogger logger, string oldModel, string newModel, int clips);
}
