using System.Diagnostics;
using CavMae.Retrieval.Cli.Libraries;

namespace CavMae.Retrieval.Cli.Indexing;

/// <summary>Takes many files in; one that cannot be used is a result, not the end.</summary>
internal static class LibraryIndexer
{
    /// <param name="library">Where they go.</param>
    /// <param name="files">What to take in.</param>
    /// <param name="tags">Tags of every clip that is new.</param>
    /// <param name="parallelism">Files under way at once.</param>
    /// <param name="summary">Told of each file as it is done, so that it is right however the run ends.</param>
    /// <param name="progress">Told of the same.</param>
    /// <exception cref="OperationCanceledException">Cancelled; of the files under way nothing is left.</exception>
    /// <remarks>And what <see cref="ILibrary.AddAsync"/> throws because further files would fail too.</remarks>
    public static async Task RunAsync(
        ILibrary library, MediaFiles files, IReadOnlyList<string> tags, int parallelism, IndexSummary summary, IIndexProgress progress, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        Lock turn = new();
        foreach (FileReport folder in files.Unreadable)
            Finish(null, folder, 0);
        ParallelOptions options = new() { MaxDegreeOfParallelism = parallelism, CancellationToken = cancellationToken };
        try
        {
            await Parallel.ForEachAsync(files.Found, options, async (file, stop) =>
            {
                long advanced = 0;
                FileReport report = await AddAsync(library, file.Path, tags, bytes => Advance(ref advanced, file, bytes), stop).ConfigureAwait(false);
                Finish(file, report, file.SizeBytes - advanced);
            }).ConfigureAwait(false);
        }
        finally
        {
            summary.Time = Stopwatch.GetElapsedTime(start);
        }

        void Advance(ref long advanced, MediaFile file, long bytes)
        {
            // A retry sends again what was counted before.
            long step = Math.Min(bytes, file.SizeBytes - advanced);
            advanced += step;
            lock (turn)
                progress.Advance(step);
        }

        void Finish(MediaFile? file, FileReport report, long bytesLeft)
        {
            lock (turn)
            {
                summary.Add(report, isFile: file is not null);
                progress.Advance(bytesLeft);
                progress.Finish(file, report);
            }
        }
    }

    private static async Task<FileReport> AddAsync(ILibrary library, string path, IReadOnlyList<string> tags, Action<long> advance, CancellationToken cancellationToken)
    {
        try
        {
            return await library.AddAsync(path, tags, advance, cancellationToken).ConfigureAwait(false);
        }
        catch (FileRefusedException problem) when (!cancellationToken.IsCancellationRequested)
        {
            return new FileReport(path, FileState.Failed, problem.Message);
        }
        // After Ctrl-C ffmpeg, which gets the signal too, may be gone first: that is no fault of the file.
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }
}
