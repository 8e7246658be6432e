using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using CavMae.Retrieval.Cli.Hosting;
using CavMae.Retrieval.Cli.Indexing;
using CavMae.Retrieval.Cli.Searching;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Ingest;
using CavMae.Retrieval.Media;
using CavMae.Retrieval.Search;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Cli.Libraries;

/// <summary>The data folder, worked on by this process.</summary>
internal sealed class LocalLibrary(RetrievalSession session) : ILibrary
{
    private const int BufferBytes = 128 * 1024;

    private readonly ISceneIndex index = session.Services.GetRequiredService<ISceneIndex>();
    private readonly MediaStore media = session.Services.GetRequiredService<MediaStore>();
    private readonly ClipIngestor ingestor = session.Services.GetRequiredService<ClipIngestor>();
    private readonly long maxFileBytes = session.Services.GetRequiredService<IOptions<MediaOptions>>().Value.MaxUploadBytes;

    public async Task<FileReport> AddAsync(string path, IReadOnlyList<string> tags, Action<long> advance, CancellationToken cancellationToken)
    {
        try
        {
            FileStream content = new(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.Read, BufferSize = BufferBytes, Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
            await using (content.ConfigureAwait(false))
            {
                if (await FindAsync(content, cancellationToken).ConfigureAwait(false) is { } present)
                    return FileReport.Present(path, present.Id, present.Title);
                using IncomingFile file = await media.ReceiveAsync(content, UploadPurpose.Clip, cancellationToken).ConfigureAwait(false);
                IngestResult result = await ingestor.IngestPatientlyAsync(file, new ClipUpload { Title = Path.GetFileName(path), Tags = tags }, cancellationToken).ConfigureAwait(false);
                return result.Outcome is IngestOutcome.Existing
                    ? FileReport.Present(path, result.Clip.Id, result.Clip.Title)
                    : FileReport.Indexed(path, result.Clip.Id, result.Clip.Scenes.Count);
            }
        }
        catch (Exception problem) when (problem is MediaException or DecoderKilledException or UploadTooLargeException or IOException or UnauthorizedAccessException)
        {
            throw new FileRefusedException(problem.Message, problem);
        }
    }

    public async Task<SearchAnswer> SearchAsync(string path, SearchDirection direction, SearchParameters parameters, LibraryFilter filter, CancellationToken cancellationToken)
    {
        SearchResult result = await session.Services.GetRequiredService<SearchService>().SearchAsync(path, direction, parameters with { Filter = filter.Clips }, cancellationToken).ConfigureAwait(false);
        return SearchAnswer.From(result, session.Services.GetRequiredService<SceneEncoder>().Model.ModelId);
    }

    public async IAsyncEnumerable<ClipAnswer> ListAsync(LibraryFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (ClipRecord clip in index.ListAllAsync(filter.Clips, cancellationToken).ConfigureAwait(false))
            yield return ClipAnswer.From(clip);
    }

    public Task<bool> RemoveAsync(string clipId, CancellationToken cancellationToken) => ingestor.DeleteAsync(clipId, cancellationToken);

    public ValueTask DisposeAsync() => session.DisposeAsync();

    /// <summary>The clip of this content; the stream is at its start again. Size and time of change are not trusted: only the content tells.</summary>
    private async Task<ClipRecord?> FindAsync(FileStream content, CancellationToken cancellationToken)
    {
        // A pipe cannot be read twice.
        if (!content.CanSeek)
            return null;
        if (content.Length > maxFileBytes)
            throw new UploadTooLargeException(maxFileBytes);
        byte[] hash = await SHA256.HashDataAsync(content, cancellationToken).ConfigureAwait(false);
        content.Position = 0;
        return await index.FindByContentAsync(Convert.ToHexStringLower(hash), cancellationToken).ConfigureAwait(false);
    }
}
