using System.Diagnostics;
using System.Text.Json.Nodes;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Ingest;

/// <summary>What a client says of a clip; all of it may be left out.</summary>
public sealed record ClipUpload
{
    /// <summary>The client's own id; null: the service makes one.</summary>
    public string? Id { get; init; }
    public string Title { get; init; } = "";
    public IReadOnlyList<string> Tags { get; init; } = [];
    public JsonObject Metadata { get; init; } = [];

    /// <summary>A stored clip of the same <see cref="Id"/> is replaced.</summary>
    public bool Replace { get; init; }
}

public enum IngestOutcome
{
    Created,

    /// <summary>The same content was there already; nothing was changed.</summary>
    Existing,
    Replaced,
}

public sealed record IngestResult(ClipRecord Clip, IngestOutcome Outcome);

/// <summary>A clip's way in: decode, encode, store; all of it, or nothing of it stays.</summary>
public sealed class ClipIngestor(MediaEmbedder embedder, SceneEncoder encoder, ISceneIndex index, MediaStore media, MediaChanges changes, RetrievalMetrics metrics, TimeProvider time)
{
    private readonly KeyedLocks locks = new();

    /// <summary>Stores a received file as a clip. The same content (with the same id or none) gives the clip that is there.</summary>
    /// <exception cref="ClipConflictException">The id is taken by other content and <see cref="ClipUpload.Replace"/> is off.</exception>
    /// <exception cref="MediaException">The file cannot be used.</exception>
    /// <exception cref="BusyException">Too much waits to be decoded or encoded already; nothing was begun.</exception>
    public async Task<IngestResult> IngestAsync(IncomingFile file, ClipUpload upload, CancellationToken cancellationToken = default) =>
        (await IngestAsync(file, upload, EmbedSteps.None, cancellationToken).ConfigureAwait(false))!;

    /// <returns>Null where <see cref="EmbedSteps.Begin"/> said no: nothing was stored.</returns>
    /// <exception cref="ClipConflictException">The id is taken by other content and <see cref="ClipUpload.Replace"/> is off.</exception>
    /// <exception cref="MediaException">The file cannot be used.</exception>
    /// <exception cref="BusyException">Too much waits to be decoded or encoded already; nothing was begun.</exception>
    internal async Task<IngestResult?> IngestAsync(IncomingFile file, ClipUpload upload, EmbedSteps steps, CancellationToken cancellationToken)
    {
        string content = file.RequireHash();
        // Held to the end: two uploads of one content, or for one id, take turns, and the second sees what the first did.
        using IDisposable turn = await locks.AcquireAsync(UploadKeys(content, upload), cancellationToken).ConfigureAwait(false);
        if (await FindStoredAsync(file, upload, cancellationToken).ConfigureAwait(false) is { } stored)
            return stored;
        EmbeddedMedia? embedded = await embedder.EmbedAsync(file.Path, MediaStreams.All, steps, cancellationToken).ConfigureAwait(false);
        return embedded is null ? null : await StoreAsync(file, upload, embedded, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The clip that this upload would give at once, without decoding anything; null where there is none.</summary>
    /// <exception cref="ClipConflictException">The id is taken by other content and <see cref="ClipUpload.Replace"/> is off.</exception>
    internal async Task<IngestResult?> FindStoredAsync(IncomingFile file, ClipUpload upload, CancellationToken cancellationToken)
    {
        string content = file.RequireHash();
        return Settle(await FindAsync(content, upload, cancellationToken).ConfigureAwait(false), file, upload);
    }

    /// <summary>Removes a clip and, where no other clip has the same content, its media; false where there is no such clip.</summary>
    public async Task<bool> DeleteAsync(string clipId, CancellationToken cancellationToken = default)
    {
        using IDisposable turn = await locks.AcquireAsync([ClipKey(clipId)], cancellationToken).ConfigureAwait(false);
        if (await index.GetAsync(clipId, cancellationToken).ConfigureAwait(false) is not { } clip)
            return false;
        bool isDeleted = false;
        await ChangeAsync(coming: null, clip.Sha256, async () => isDeleted = await index.DeleteAsync(clipId, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        return isDeleted;
    }

    private Task<ClipRecord?> FindAsync(string content, ClipUpload upload, CancellationToken cancellationToken) =>
        upload.Id is { } id ? index.GetAsync(id, cancellationToken) : index.FindByContentAsync(content, cancellationToken);

    private static IngestResult? Settle(ClipRecord? existing, IncomingFile file, ClipUpload upload)
    {
        // A job that was killed after it had stored its clip finds that, with words that may have been changed since, and does not replace it once more.
        bool isFromThisJob = existing?.Sha256 == file.Sha256 && existing?.CreatedAt == file.AcceptedAt;
        if (existing is null || (upload.Replace && upload.Id is not null && !isFromThisJob))
            return null;
        return existing.Sha256 == file.Sha256 ? new IngestResult(existing, IngestOutcome.Existing) : throw new ClipConflictException(existing.Id);
    }

    private async Task<IngestResult> StoreAsync(IncomingFile file, ClipUpload upload, EmbeddedMedia embedded, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        ClipRecord clip = Describe(file, upload, embedded);
        // Taken only now, so that nobody who deletes the clip waits for its decoding; what was there before may be gone since, or another's be there.
        using IDisposable turn = await locks.AcquireAsync([ClipKey(clip.Id)], cancellationToken).ConfigureAwait(false);
        ClipRecord? existing = await FindAsync(clip.Sha256, upload, cancellationToken).ConfigureAwait(false);
        if (Settle(existing, file, upload) is { } settled)
            return settled;
        IngestResult result = new(clip, existing is null ? IngestOutcome.Created : IngestOutcome.Replaced);
        await ChangeAsync(clip.Sha256, existing?.Sha256, async () =>
        {
            media.Keep(file);
            await index.UpsertAsync(clip, embedded.Scenes, cancellationToken).ConfigureAwait(false);
            ClipRecord? live = await FindLiveAsync(clip.Id).ConfigureAwait(false);
            // Another process on the same store may have written the same new id in this very moment: the store decides whose it is.
            if (existing is null && live is not null && live.CreatedAt != clip.CreatedAt)
                result = Settle(live, file, upload) ?? result;
            return live?.Sha256 == clip.Sha256;
        }, cancellationToken).ConfigureAwait(false);
        metrics.RecordStore(Stopwatch.GetElapsedTime(start));
        return result;
    }

    /// <summary>What the store has right after a write; null too where it cannot say, which is no failure of the write.</summary>
    private async Task<ClipRecord?> FindLiveAsync(string clipId)
    {
        try
        {
            return await index.GetAsync(clipId, CancellationToken.None).ConfigureAwait(false);
        }
        catch (StoreUnavailableException)
        {
            return null;
        }
    }

    /// <summary><see cref="MediaChanges.ChangeAsync"/> with each content locked, so that no other change can need what is removed.</summary>
    private async Task ChangeAsync(string? coming, string? going, Func<Task<bool>> change, CancellationToken cancellationToken)
    {
        using IDisposable turn = await locks.AcquireAsync(new[] { coming, going }.OfType<string>().Select(content => "media:" + content), cancellationToken).ConfigureAwait(false);
        await changes.ChangeAsync(index, coming, going, change).ConfigureAwait(false);
    }

    private ClipRecord Describe(IncomingFile file, ClipUpload upload, EmbeddedMedia embedded)
    {
        DateTimeOffset now = file.AcceptedAt ?? time.GetUtcNow();
        MediaInfo info = embedded.Info;
        return new ClipRecord
        {
            Id = upload.Id ?? Guid.CreateVersion7(now).ToString("N"),
            Title = upload.Title,
            Tags = [.. upload.Tags.Distinct(StringComparer.Ordinal)],
            Metadata = upload.Metadata,
            Duration = info.Duration,
            HasAudio = info.HasAudio,
            HasVideo = info.HasVideo,
            Width = info.Width,
            Height = info.Height,
            FrameRate = info.FrameRate,
            Sha256 = file.RequireHash(),
            MediaType = MediaSniffer.MediaType(info.Container, info.HasVideo),
            SizeBytes = file.SizeBytes,
            ModelId = encoder.Model.ModelId,
            CreatedAt = now,
            Scenes = [.. embedded.Scenes.Select(s => new SceneRecord(s.Index, s.Start, s.End, s.Audio is not null, s.Visual is not null))],
        };
    }

    // Locks are taken in this order: an upload's, its clip's, its media's.
    private static IEnumerable<string> UploadKeys(string sha256, ClipUpload upload) => upload.Id is { } id ? ["upload:" + sha256, "upload-id:" + id] : ["upload:" + sha256];

    private static string ClipKey(string clipId) => "clip:" + clipId;
}
