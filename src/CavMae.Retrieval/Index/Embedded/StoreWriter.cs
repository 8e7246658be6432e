using CavMae.Retrieval.Embeddings;

namespace CavMae.Retrieval.Index.Embedded;

/// <summary>
/// Changes the store, one write at a time: each is prepared in memory, committed to disk, then shown to readers. What fails or is cancelled before
/// the commit leaves nothing. Owns the database.
/// </summary>
internal sealed class StoreWriter(ClipDatabase database, ClipMemory memory, long lastSequence) : IAsyncDisposable
{
    /// <summary>One write at a time; also guards the database, the last sequence number and <see cref="isDisposed"/>.</summary>
    private readonly SemaphoreSlim turn = new(1, 1);

    private long lastSequence = lastSequence;
    private volatile bool isDisposed;

    /// <summary>Stays true; safe to ask at any time.</summary>
    public bool IsDisposed => isDisposed;

    public Task UpsertAsync(ClipRecord clip, string metadataJson, IReadOnlyList<SceneEmbedding> scenes, CancellationToken cancellationToken) => WriteAsync(() =>
    {
        var before = memory.Find(clip.Id);
        var sequence = before?.Sequence ?? lastSequence + 1;
        Change(before, edit =>
        {
            var slots = new int[scenes.Count];
            for (var i = 0; i < slots.Length; i++)
                slots[i] = edit.Add(scenes[i].Audio, scenes[i].Visual);
            return new StoredClip(clip, metadataJson, sequence, slots);
        }, () => database.Write(sequence, clip, metadataJson, scenes, cancellationToken));
        lastSequence = Math.Max(lastSequence, sequence);
        return true;
    }, cancellationToken);

    /// <param name="clipId">The clip.</param>
    /// <param name="changes">What changes.</param>
    /// <param name="metadataJson">The changes' metadata as text; null where they have none.</param>
    /// <param name="cancellationToken">Stops before the write begins.</param>
    /// <returns>The clip after the change; null: there is none of this id.</returns>
    public Task<ClipRecord?> UpdateAsync(string clipId, ClipChanges changes, string? metadataJson, CancellationToken cancellationToken) => WriteAsync(() =>
    {
        if (memory.Find(clipId) is not { } before)
            return null;
        var after = before.With(changes, metadataJson);
        var edit = memory.BeginEdit();
        edit.Exchange(after);
        database.Update(before.Sequence, changes.Title, changes.Tags, metadataJson);
        memory.Publish(before, after, edit);
        return after.ToRecord();
    }, cancellationToken);

    /// <returns>False: there is no clip of this id.</returns>
    public Task<bool> DeleteAsync(string clipId, CancellationToken cancellationToken) => WriteAsync(() =>
    {
        if (memory.Find(clipId) is not { } clip)
            return false;
        Change(clip, _ => null, () => database.Delete(clip.Sequence));
        return true;
    }, cancellationToken);

    /// <exception cref="StoreUnavailableException">The database cannot be written.</exception>
    public Task CheckAsync(CancellationToken cancellationToken) => WriteAsync(() =>
    {
        database.Check();
        return true;
    }, cancellationToken);

    /// <summary>Waits for the write under way, then closes the database.</summary>
    public async ValueTask DisposeAsync()
    {
        await turn.WaitAsync().ConfigureAwait(false);
        isDisposed = true;
        database.Dispose();
        turn.Release();
    }

    /// <summary>Replaces, adds or removes one clip: first everything that can fail, then the step that shows it.</summary>
    private void Change(StoredClip? before, Func<SceneVectorsEdit, StoredClip?> prepare, Action commit)
    {
        var edit = memory.BeginEdit();
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
        memory.Publish(before, after, edit);
    }

    /// <summary>Waiting for the disk blocks a thread of the pool, not the caller.</summary>
    private async Task<T> WriteAsync<T>(Func<T> write, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(isDisposed, typeof(EmbeddedIndex));
            return await Task.Run(write, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }
}
