using System.Diagnostics;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Ingest;
using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Cli.Indexing;

/// <summary>Takes many files in; one that cannot be used is a result, not the end.</summary>
internal sealed class LibraryIndexer(MediaStore media, ClipIngestor ingestor)
{
    /// <param name="files">What to take in.</param>
    /// <param name="tags">Tags of every clip that is new.</param>
    /// <param name="parallelism">Files under way at once.</param>
    /// <param name="report">Told of each file as it is done, from any thread, one call at a time.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be written; further files would fail too.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; of the files under way nothing is left.</exception>
    public async Task<IndexSummary> RunAsync(MediaFiles files, IReadOnlyList<string> tags, int parallelism, Action<MediaFile?, FileReport> report, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        int[] counts = new int[3];
        Lock turn = new();
        foreach (FileReport folder in files.Unreadable)
            Count(null, folder);
        ParallelOptions options = new() { MaxDegreeOfParallelism = parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(files.Found, options, async (file, stop) => Count(file, await IndexAsync(file.Path, tags, stop).ConfigureAwait(false))).ConfigureAwait(false);
        return new IndexSummary(counts[(int)FileState.Indexed], counts[(int)FileState.Present], counts[(int)FileState.Failed], Stopwatch.GetElapsedTime(start));

        void Count(MediaFile? file, FileReport outcome)
        {
            lock (turn)
            {
                counts[(int)outcome.State]++;
                report(file, outcome);
            }
        }
    }

    private async Task<FileReport> IndexAsync(string path, IReadOnlyList<string> tags, CancellationToken cancellationToken)
    {
        try
        {
            FileStream content = new(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.Read, BufferSize = 0, Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
            await using (content.ConfigureAwait(false))
            {
                using IncomingFile file = await media.ReceiveAsync(content, UploadPurpose.Clip, cancellationToken).ConfigureAwait(false);
                IngestResult result = await ingestor.IngestAsync(file, new ClipUpload { Title = Path.GetFileName(path), Tags = tags }, cancellationToken).ConfigureAwait(false);
                return Describe(path, result);
            }
        }
        // After Ctrl-C ffmpeg, which gets the signal too, may be gone first: that is no fault of the file.
        catch (Exception e) when (e is MediaException or UploadTooLargeException or BusyException or IOException or UnauthorizedAccessException && !cancellationToken.IsCancellationRequested)
        {
            return new FileReport(path, FileState.Failed, e.Message);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    private static FileReport Describe(string path, IngestResult result)
    {
        ClipRecord clip = result.Clip;
        return result.Outcome is IngestOutcome.Existing
            ? new FileReport(path, FileState.Present, $"its content is clip {clip.Id}, \"{clip.Title}\", already")
            : new FileReport(path, FileState.Indexed, $"clip {clip.Id}, {(clip.Scenes.Count == 1 ? "1 scene" : $"{clip.Scenes.Count} scenes")}");
    }
}
