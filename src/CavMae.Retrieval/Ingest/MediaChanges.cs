using System.Security.Cryptography;
using CavMae.Retrieval.Index;
using Microsoft.Extensions.Logging;

namespace CavMae.Retrieval.Ingest;

/// <summary>
/// Keeps media and store in step: a content that comes or goes is marked in the incoming folder until the store has changed, so that no kill and no
/// lost answer leaves media that no clip has, or a clip without its media.
/// </summary>
public sealed partial class MediaChanges(DataFolder folder, MediaStore media, ILogger<MediaChanges> logger)
{
    private const string PendingSuffix = ".pending";

    /// <summary>Notes that this content is about to come or go: the next start removes it if no clip has it.</summary>
    public void MarkPending(string sha256) => folder.OnDisk(() => File.WriteAllBytes(PendingPathOf(sha256), []));

    /// <summary>
    /// Changes the store beside its media: what comes stays if the change takes place, and what goes is removed then, where no other clip has it. Both
    /// are marked meanwhile, so that a kill in between is made good at the next start. Nothing else may change clips of these contents at the same
    /// time.
    /// </summary>
    /// <param name="index">The store.</param>
    /// <param name="coming">Content of the clip that comes; null where none does.</param>
    /// <param name="going">Content of the clip that goes; null where none does.</param>
    /// <param name="change">Keeps the media that comes, and changes the store; true where the clip that comes is known to be in it now.</param>
    public async Task ChangeAsync(ISceneIndex index, string? coming, string? going, Func<Task<bool>> change)
    {
        string[] contents = [.. new[] { coming, going }.OfType<string>().Distinct()];
        // What was there before is somebody's, unless a mark says that this is not known.
        bool isNew = coming is not null && (!File.Exists(media.PathOf(coming)) || File.Exists(PendingPathOf(coming)));
        Array.ForEach(contents, MarkPending);
        folder.OnDisk(() => DirectorySync.Flush(folder.IncomingFolder));
        bool isIn;
        try
        {
            isIn = await change().ConfigureAwait(false);
        }
        catch (StoreUnavailableException e) when (e.MayHaveTakenPlace)
        {
            // The marks stay: at the next start the store says whether the clip came.
            throw;
        }
        catch
        {
            // A failure may be one of the way back: the store says which of the two it has.
            await CleanUpAsync(index, isNew ? contents : [.. contents.Where(content => content != coming)], contents).ConfigureAwait(false);
            throw;
        }
        string[] others = [.. contents.Where(content => content != coming)];
        await CleanUpAsync(index, others, isIn ? contents : others).ConfigureAwait(false);
    }

    /// <summary>Removes those of the contents that no clip has, and the marks. The change is over: what fails here is done at the next start, and is no failure of it.</summary>
    private async Task CleanUpAsync(ISceneIndex index, string[] leaving, string[] marked)
    {
        try
        {
            foreach (string content in leaving)
                await RemoveUnusedAsync(index, content, CancellationToken.None).ConfigureAwait(false);
            foreach (string content in marked)
                File.Delete(PendingPathOf(content));
        }
        catch (Exception reason) when (reason is StoreUnavailableException or IOException or UnauthorizedAccessException)
        {
            LogNotCleanedUp(logger, reason);
        }
    }

    private async Task RemoveUnusedAsync(ISceneIndex index, string content, CancellationToken cancellationToken)
    {
        if (await index.FindByContentAsync(content, cancellationToken).ConfigureAwait(false) is null && File.Exists(media.PathOf(content)))
            media.Remove(content);
    }

    /// <summary>
    /// Removes what a killed process left: unfinished uploads, and content that was coming or going and that no clip has. Files that are not the
    /// service's own stay. Called once, before the first request: a data folder belongs to one process.
    /// </summary>
    public async Task SweepAsync(ISceneIndex index, CancellationToken cancellationToken = default)
    {
        int removed = 0;
        foreach (string path in Directory.EnumerateFiles(folder.IncomingFolder))
        {
            string name = Path.GetFileName(path);
            string content = name.EndsWith(PendingSuffix, StringComparison.Ordinal) ? name[..^PendingSuffix.Length] : "";
            bool isUpload = Guid.TryParseExact(name, "N", out _);
            if (!isUpload && !IsHash(content))
                continue;
            if (!isUpload)
                await RemoveUnusedAsync(index, content, cancellationToken).ConfigureAwait(false);
            File.Delete(path);
            removed++;
        }
        if (removed > 0)
            LogSwept(logger, removed);
    }

    private string PendingPathOf(string sha256) => Path.Combine(folder.IncomingFolder, sha256 + PendingSuffix);

    private static bool IsHash(string text) => text.Length == SHA256.HashSizeInBytes * 2 && text.All(char.IsAsciiHexDigitLower);

    [LoggerMessage(Level = LogLevel.Information, Message = "Cleaned up {Count} uploads and changes that were under way when the service was killed.")]
    private static partial void LogSwept(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Media that may be unused could not be looked after; the next start does so.")]
    private static partial void LogNotCleanedUp(ILogger logger, Exception reason);
}
