using CavMae.Retrieval.Cli.Indexing;
using CavMae.Retrieval.Cli.Searching;
using CavMae.Retrieval.Search;

namespace CavMae.Retrieval.Cli.Libraries;

/// <summary>Where clips are: a data folder that this process works on, or a running service. Every member may be called from any thread.</summary>
internal interface ILibrary : IAsyncDisposable
{
    /// <summary>Takes a file in; its name becomes the title. What is there by content stays as it is, and is not decoded.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tags">Tags of the clip if it is new.</param>
    /// <param name="advance">Told of bytes of the file as they are dealt with, where that is known.</param>
    /// <param name="cancellationToken">Stops; nothing is left of the file.</param>
    /// <exception cref="FileRefusedException">This file cannot be taken in; others can.</exception>
    Task<FileReport> AddAsync(string path, IReadOnlyList<string> tags, Action<long> advance, CancellationToken cancellationToken);

    /// <summary>Searches with a file, which is not stored.</summary>
    /// <param name="path">The file.</param>
    /// <param name="direction">What is compared.</param>
    /// <param name="parameters">How the answers are chosen.</param>
    /// <param name="filter">Which clips take part; that of the parameters is not looked at.</param>
    /// <param name="cancellationToken">Stops.</param>
    Task<SearchAnswer> SearchAsync(string path, SearchDirection direction, SearchParameters parameters, LibraryFilter filter, CancellationToken cancellationToken);

    /// <summary>All clips that pass the filter, in the order of their first upload, page by page.</summary>
    IAsyncEnumerable<ClipAnswer> ListAsync(LibraryFilter filter, CancellationToken cancellationToken);

    /// <summary>Removes a clip with its media; false where there is none of this id.</summary>
    Task<bool> RemoveAsync(string clipId, CancellationToken cancellationToken);
}

/// <summary>One file cannot be taken in; the message says why.</summary>
internal sealed class FileRefusedException(string message, Exception? innerException = null) : Exception(message, innerException);
