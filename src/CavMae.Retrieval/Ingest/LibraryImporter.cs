using CavMae.Retrieval.Index;
using CavMae.Retrieval.Index.Transfer;

namespace CavMae.Retrieval.Ingest;

/// <summary>What became of the clips of an export.</summary>
/// <param name="WithoutMedia">Of those taken in, how many have no media file: they are found, but not played or encoded anew.</param>
public sealed record ImportResult(long Created, long Replaced, long Existing, long WithoutMedia);

/// <summary>
/// Takes an export into a store. Everything that can be wrong with it is found before the first clip is stored; each clip is then stored whole or
/// not at all, and the same import again goes on after an interruption. To be used while nothing else writes the store: it takes no locks.
/// </summary>
public sealed class LibraryImporter(ISceneIndex index, MediaStore media, MediaChanges changes)
{
    private const int MaxNamed = 5;

    /// <param name="folder">The export.</param>
    /// <param name="modelId">Model of the store.</param>
    /// <param name="dimension">Numbers in a vector.</param>
    /// <param name="replace">Whether clips of the same id and other content are replaced; otherwise they are a reason to import nothing.</param>
    /// <param name="report">Told of each clip and what became of it.</param>
    /// <param name="cancellationToken">Stops between clips; those taken in stay.</param>
    /// <exception cref="TransferException">The export is for another model, damaged, or has ids that are taken; the message says what.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    public async Task<ImportResult> ImportAsync(string folder, string modelId, int dimension, bool replace, Action<ClipRecord, IngestOutcome>? report = null, CancellationToken cancellationToken = default)
    {
        using TransferReader export = await TransferReader.OpenAsync(folder, modelId, dimension, cancellationToken).ConfigureAwait(false);
        if (!replace)
            await RefuseConflictsAsync(export, cancellationToken).ConfigureAwait(false);
        long[] counts = new long[3];
        long withoutMedia = 0;
        await foreach (TransferredClip entry in export.ReadClipsAsync(cancellationToken).ConfigureAwait(false))
        {
            IngestOutcome outcome = await ImportAsync(folder, entry, cancellationToken).ConfigureAwait(false);
            counts[(int)outcome]++;
            withoutMedia += File.Exists(media.PathOf(entry.Clip.Sha256)) ? 0 : 1;
            report?.Invoke(entry.Clip, outcome);
        }
        return new ImportResult(counts[(int)IngestOutcome.Created], counts[(int)IngestOutcome.Replaced], counts[(int)IngestOutcome.Existing], withoutMedia);
    }

    private async Task RefuseConflictsAsync(TransferReader export, CancellationToken cancellationToken)
    {
        List<string> named = [];
        int conflicts = 0;
        await foreach (TransferredClip entry in export.ReadClipsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (await index.GetAsync(entry.Clip.Id, cancellationToken).ConfigureAwait(false) is not { } existing || existing.Sha256 == entry.Clip.Sha256)
                continue;
            if (++conflicts <= MaxNamed)
                named.Add($"'{existing.Id}'");
        }
        if (conflicts > 0)
            throw new TransferException($"{conflicts} {(conflicts == 1 ? "clip is" : "clips are")} in the store with the same id and other content: {string.Join(", ", named)}{(conflicts > MaxNamed ? ", …" : "")}. Nothing was imported; --replace takes those of the export.");
    }

    private async Task<IngestOutcome> ImportAsync(string folder, TransferredClip entry, CancellationToken cancellationToken)
    {
        ClipRecord clip = entry.Clip;
        ClipRecord? existing = await index.GetAsync(clip.Id, cancellationToken).ConfigureAwait(false);
        bool isThere = existing?.Sha256 == clip.Sha256;
        bool lacksMedia = entry.HasMedia && !File.Exists(media.PathOf(clip.Sha256));
        if (isThere && !lacksMedia)
            return IngestOutcome.Existing;
        using IncomingFile? file = lacksMedia ? await ReceiveAsync(TransferReader.MediaPath(folder, clip.Sha256), clip, cancellationToken).ConfigureAwait(false) : null;
        await changes.ChangeAsync(index, clip.Sha256, existing?.Sha256, async () =>
        {
            if (file is not null)
                media.Keep(file);
            if (!isThere)
                await index.UpsertAsync(clip, entry.Scenes, cancellationToken).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
        return isThere ? IngestOutcome.Existing : existing is null ? IngestOutcome.Created : IngestOutcome.Replaced;
    }

    private async Task<IncomingFile> ReceiveAsync(string path, ClipRecord clip, CancellationToken cancellationToken)
    {
        FileStream content = new(path, new FileStreamOptions { BufferSize = 0, Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
        await using (content.ConfigureAwait(false))
        {
            IncomingFile file = await media.ReceiveAsync(content, UploadPurpose.Clip, cancellationToken).ConfigureAwait(false);
            if (file.Sha256 == clip.Sha256)
                return file;
            file.Dispose();
            throw new TransferException($"'{path}', the media of clip '{clip.Id}', is not what was exported. The clips before it were imported; copy it again, and import again to go on.");
        }
    }
}
