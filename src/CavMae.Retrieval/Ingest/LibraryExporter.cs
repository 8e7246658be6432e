using CavMae.Retrieval.Index;
using CavMae.Retrieval.Index.Transfer;

namespace CavMae.Retrieval.Ingest;

/// <summary>Writes a whole store into a folder that any store of the same model can take in: see docs/decisions/0012-portable-exports.md.</summary>
public sealed class LibraryExporter(ISceneIndex index, MediaStore media, TimeProvider time)
{
    private const string PartialSuffix = ".partial";

    /// <summary>Writes an export. It appears under its name when it is complete; what an interrupted one left is replaced by the next.</summary>
    /// <param name="folder">Where it goes; must not exist, or be empty.</param>
    /// <param name="modelId">Model of the store.</param>
    /// <param name="dimension">Numbers in a vector.</param>
    /// <param name="withMedia">Whether media files are copied too.</param>
    /// <param name="report">Told of each clip.</param>
    /// <param name="cancellationToken">Stops; nothing appears.</param>
    /// <exception cref="TransferException">There is something of this name, or a clip changed meanwhile.</exception>
    /// <exception cref="IOException">The disk is full or cannot be written.</exception>
    public async Task<TransferManifest> ExportAsync(string folder, string modelId, int dimension, bool withMedia, Action<ClipRecord>? report = null, CancellationToken cancellationToken = default)
    {
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()))
            throw new TransferException($"'{target}' is there already. Name a folder that is not, or remove it.");
        string partial = target + PartialSuffix;
        RemovePartial(partial);
        Directory.CreateDirectory(partial);
        try
        {
            TransferManifest manifest = await WriteAsync(partial, modelId, dimension, withMedia, report, cancellationToken).ConfigureAwait(false);
            if (Directory.Exists(target))
                Directory.Delete(target);
            DirectorySync.Flush(partial);
            Directory.Move(partial, target);
            DirectorySync.Flush(Path.GetDirectoryName(target)!);
            return manifest;
        }
        catch
        {
            RemovePartial(partial);
            throw;
        }
    }

    private async Task<TransferManifest> WriteAsync(string folder, string modelId, int dimension, bool withMedia, Action<ClipRecord>? report, CancellationToken cancellationToken)
    {
        using TransferWriter writer = new(folder, modelId, dimension);
        await foreach (ClipRecord clip in index.ListAllAsync(ClipFilter.None, cancellationToken).ConfigureAwait(false))
        {
            // Removed since it was listed: then it is not there.
            if (await index.GetEmbeddingsAsync(clip.Id, cancellationToken).ConfigureAwait(false) is not { } scenes)
                continue;
            if (!clip.Scenes.SequenceEqual(scenes.Select(scene => new SceneRecord(scene.Index, scene.Start, scene.End, scene.Audio is not null, scene.Visual is not null))))
                throw new TransferException($"Clip '{clip.Id}' was replaced while it was exported. Export again.");
            writer.Add(clip, scenes, withMedia && await CopyMediaAsync(folder, clip.Sha256, cancellationToken).ConfigureAwait(false));
            report?.Invoke(clip);
        }
        return await writer.FinishAsync(time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
    }

    /// <returns>False where the store has none, as after an import without media.</returns>
    private async Task<bool> CopyMediaAsync(string folder, string sha256, CancellationToken cancellationToken)
    {
        string source = media.PathOf(sha256), target = TransferReader.MediaPath(folder, sha256);
        if (!File.Exists(source))
            return false;
        if (File.Exists(target))
            return true;
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        await Task.Run(() => File.Copy(source, target), cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Removes what an interrupted export left, and nothing else: a folder with anything that is not of an export stays.</summary>
    private static void RemovePartial(string partial)
    {
        if (!Directory.Exists(partial))
            return;
        string[] own = [TransferManifest.FileName, TransferManifest.RecordsName, TransferManifest.VectorsName, TransferManifest.MediaName];
        if (!Directory.EnumerateFileSystemEntries(partial).All(entry => own.Contains(Path.GetFileName(entry))))
            throw new TransferException($"'{partial}' is in the way and holds files that are not of an export. Remove it, or name another folder.");
        Directory.Delete(partial, recursive: true);
    }
}
