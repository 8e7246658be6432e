using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index.Embedded;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CavMae.Retrieval.Index;

/// <summary>
/// The store that needs no set-up: SQLite holds everything durably, memory holds it all again, and search compares every vector.
/// A write is prepared in memory, committed to disk, then shown to readers in one step: they see it whole or not at all, and
/// neither wait for it nor hold it up.
/// </summary>
public sealed class EmbeddedIndex : ISceneIndex
{
    /// <summary>How many clips a list looks at before it lets others have the catalog.</summary>
    private const int ClipsAtOnce = 1024;

    private readonly ClipDatabase database;
    private readonly string modelId;
    private readonly SceneVectors vectors;
    private readonly ClipCatalog catalog;

    /// <summary>Makes catalog and vectors change as one.</summary>
    private readonly Lock gate = new();

    /// <summary>One write at a time; also guards <see cref="database"/>, <see cref="lastSequence"/> and <see cref="isDisposed"/>.</summary>
    private readonly SemaphoreSlim writer = new(1, 1);

    private long lastSequence;
    private volatile bool isDisposed;

    private EmbeddedIndex(ClipDatabase database, string modelId, LoadedClips loaded)
    {
        this.database = database;
        this.modelId = modelId;
        vectors = loaded.Vectors;
        catalog = loaded.Catalog;
        lastSequence = loaded.LastSequence;
    }

    /// <summary>Opens the store in a data folder, or makes an empty one for this model, and loads it into memory.</summary>
    /// <param name="folder">Stays the caller's; is disposed of after the index.</param>
    /// <param name="modelId">Model the vectors are from.</param>
    /// <param name="dimension">Numbers in a vector.</param>
    /// <exception cref="ModelMismatchException">The store belongs to another model.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot be read, is damaged, or was written by a newer version.</exception>
    public static Task<EmbeddedIndex> OpenAsync(DataFolder folder, string modelId, int dimension,
        ILogger<EmbeddedIndex>? logger = null, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentException.ThrowIfNullOrEmpty(modelId);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        return Task.Run(() =>
        {
            var database = new ClipDatabase(folder.DatabasePath, modelId, dimension);
            try
            {
                var loader = new ClipLoader(database, logger ?? NullLogger<EmbeddedIndex>.Instance, timeProvider ?? TimeProvider.System);
                return new EmbeddedIndex(database, modelId, loader.Load(modelId, dimension, cancellationToken));
            }
            catch
            {
                database.Dispose();
                throw;
            }
        }, cancellationToken);
    }

    public async Task UpsertAsync(ClipRecord clip, IReadOnlyList<SceneEmbedding> scenes, CancellationToken cancellationToken = default)
    {
        SceneValidation.Check(clip, scenes, modelId, vectors.Dimension);
        var metadataJson = MetadataText.Write(clip.Metadata);
        await WriteAsync(() =>
        {
            var before = Find(clip.Id);
            var sequence = before?.Sequence ?? lastSequence + 1;
            ChangeClip(before, edit =>
            {
                var slots = new int[scenes.Count];
                for (var i = 0; i < slots.Length; i++)
                    slots[i] = edit.Add(scenes[i].Audio, scenes[i].Visual);
                return new StoredClip(clip, metadataJson, sequence, slots);
            }, () => database.Write(sequence, clip, metadataJson, scenes, cancellationToken));
            lastSequence = Math.Max(lastSequence, sequence);
            return true;
        }, cancellationToken).ConfigureAwait(false);
    }

    public Task<ClipRecord?> UpdateAsync(string clipId, ClipChanges changes, CancellationToken cancellationToken = default)
    {
        SceneValidation.Check(changes);
        var metadataJson = changes.Metadata is null ? null : MetadataText.Write(changes.Metadata);
        return WriteAsync(() =>
        {
            if (Find(clipId) is not { } before)
                return null;
            var after = before.With(changes, metadataJson);
            var edit = vectors.BeginEdit();
            edit.Exchange(after);
            database.Update(before.Sequence, changes.Title, changes.Tags, metadataJson);
            lock (gate)
            {
                catalog.Remove(before);
                catalog.Add(after);
                edit.Publish();
            }
            return after.ToRecord();
        }, cancellationToken);
    }

    public Task<bool> DeleteAsync(string clipId, CancellationToken cancellationToken = default) => WriteAsync(() =>
    {
        if (Find(clipId) is not { } clip)
            return false;
        ChangeClip(clip, _ => null, () => database.Delete(clip.Sequence));
        return true;
    }, cancellationToken);

    public Task<ClipRecord?> GetAsync(string clipId, CancellationToken cancellationToken = default) =>
        Read(() => Find(clipId)?.ToRecord(), cancellationToken);

    public Task<ClipRecord?> FindByContentAsync(string sha256, CancellationToken cancellationToken = default) => Read(() =>
    {
        StoredClip? clip;
        lock (gate)
            clip = catalog.FindOldest(sha256);
        return clip?.ToRecord();
    }, cancellationToken);

    public Task<IReadOnlyList<SceneEmbedding>?> GetEmbeddingsAsync(string clipId, CancellationToken cancellationToken = default) =>
        Read<IReadOnlyList<SceneEmbedding>?>(() =>
        {
            StoredClip? clip;
            SceneVectors.Lease lease;
            lock (gate)
            {
                clip = catalog.Find(clipId);
                lease = vectors.Acquire();
            }
            using (lease)
                return clip is null ? null : [.. clip.Scenes.Select((scene, i) => ToEmbedding(lease.Chunks, clip.Slots[i], scene))];
        }, cancellationToken);

    public Task<ClipPage> ListAsync(ClipFilter filter, string? cursor, int limit, CancellationToken cancellationToken = default)
    {
        SceneValidation.Check(filter);
        SceneValidation.CheckPageSize(limit);
        var after = cursor is null ? 0 : ListCursor.Read(cursor);
        return Read(() =>
        {
            var found = FindMany(filter, after, limit + 1, cancellationToken);
            var next = found.Count > limit ? ListCursor.Write(found[limit - 1].Sequence) : null;
            return new ClipPage([.. found.Take(limit).Select(clip => clip.ToRecord())], next);
        }, cancellationToken);
    }

    public Task<IReadOnlyList<IndexHit>> SearchAsync(IndexQuery query, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        SceneValidation.Check(query, vectors.Dimension);
        return Task.Run<IReadOnlyList<IndexHit>>(() =>
        {
            StoredClip? excluded;
            SceneVectors.Lease lease;
            lock (gate)
            {
                excluded = query.ExcludedClipId is null ? null : catalog.Find(query.ExcludedClipId);
                lease = vectors.Acquire();
            }
            using (lease)
            {
                var best = VectorScanner.Scan(lease, new ScanQuery(query, vectors.Dimension, excluded, lease.Chunks.Length * SceneVectors.SlotsPerChunk), cancellationToken);
                var factory = new HitFactory(query, lease.Chunks, vectors.Dimension);
                var hits = new IndexHit[best.Kept.Length];
                for (var i = 0; i < hits.Length; i++)
                    hits[i] = factory.Create(best.Kept[i]);
                return hits;
            }
        }, cancellationToken);
    }

    public Task CheckAsync(CancellationToken cancellationToken = default) => WriteAsync(() =>
    {
        database.Check();
        return true;
    }, cancellationToken);

    public Task<IndexCounts> CountAsync(CancellationToken cancellationToken = default) => Read(() =>
    {
        lock (gate)
            return new IndexCounts(catalog.Clips, catalog.Scenes);
    }, cancellationToken);

    /// <summary>Waits for the write under way, then closes the database. Later calls throw <see cref="ObjectDisposedException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await writer.WaitAsync().ConfigureAwait(false);
        isDisposed = true;
        database.Dispose();
        writer.Release();
    }

    /// <summary>Clips after a sequence number that the filter lets through, in order. Searches and writes may go on in between.</summary>
    private List<StoredClip> FindMany(ClipFilter filter, long afterSequence, int limit, CancellationToken cancellationToken)
    {
        var found = new List<StoredClip>();
        StoredClip[] some;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            lock (gate)
                some = catalog.After(afterSequence, ClipsAtOnce);
            foreach (var clip in some)
            {
                afterSequence = clip.Sequence;
                if (clip.Fulfils(filter))
                    found.Add(clip);
                if (found.Count == limit)
                    return found;
            }
        }
        while (some.Length == ClipsAtOnce);
        return found;
    }

    /// <summary>Replaces, adds or removes one clip: first everything that can fail, then the step that shows it.</summary>
    private void ChangeClip(StoredClip? before, Func<SceneVectorsEdit, StoredClip?> prepare, Action commit)
    {
        var edit = vectors.BeginEdit();
        StoredClip? after;
        try
        {
            after = prepare(edit);
            if (after is not null)
                edit.Assign(after);
            if (before is not null)
                edit.Remove(before);
            commit();
        }
        catch
        {
            edit.Abandon();
            throw;
        }
        lock (gate)
        {
            if (before is not null)
                catalog.Remove(before);
            if (after is not null)
                catalog.Add(after);
            edit.Publish();
        }
    }

    private StoredClip? Find(string clipId)
    {
        ArgumentNullException.ThrowIfNull(clipId);
        lock (gate)
            return catalog.Find(clipId);
    }

    /// <summary>Waiting for the disk blocks a thread of the pool, not the caller.</summary>
    private async Task<T> WriteAsync<T>(Func<T> write, CancellationToken cancellationToken)
    {
        await writer.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            return await Task.Run(write, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            writer.Release();
        }
    }

    /// <summary>Reads come from memory and are over at once.</summary>
    private Task<T> Read<T>(Func<T> read, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        return cancellationToken.IsCancellationRequested ? Task.FromCanceled<T>(cancellationToken) : Task.FromResult(read());
    }

    private static SceneEmbedding ToEmbedding(VectorChunk[] chunks, int slot, SceneRecord scene)
    {
        var (chunk, row) = Math.DivRem(slot, SceneVectors.SlotsPerChunk);
        return new SceneEmbedding(scene.Index, scene.Start, scene.End,
            scene.HasAudio ? chunks[chunk].Audio!.Row(row).ToArray() : null,
            scene.HasVideo ? chunks[chunk].Visual!.Row(row).ToArray() : null);
    }
}
