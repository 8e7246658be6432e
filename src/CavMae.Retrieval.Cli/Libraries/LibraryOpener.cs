using System.CommandLine;
using CavMae.Retrieval.Cli.Commands;
using CavMae.Retrieval.Cli.Hosting;
using CavMae.Retrieval.Cli.Remote;

namespace CavMae.Retrieval.Cli.Libraries;

/// <summary>Opens the library a command line means.</summary>
internal static class LibraryOpener
{
    /// <param name="parsed">The command line.</param>
    /// <param name="mustExist">Whether a data folder that is not there is an error; otherwise it is made.</param>
    /// <param name="cancellationToken">Stops opening.</param>
    /// <exception cref="ServiceUnreachableException">No service answers.</exception>
    /// <remarks>And what <see cref="RetrievalSession.OpenAsync"/> throws.</remarks>
    public static async Task<ILibrary> OpenAsync(ParseResult parsed, bool mustExist, CancellationToken cancellationToken) => ServerOption.Read(parsed) is { } server
        ? await RemoteLibrary.OpenAsync(server, cancellationToken).ConfigureAwait(false)
        : new LocalLibrary(await RetrievalSession.OpenAsync(parsed, mustExist, cancellationToken).ConfigureAwait(false));
}
