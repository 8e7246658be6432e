using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Ingest.Jobs;

/// <summary>The door for uploads: stored while the client waits, or made a job.</summary>
public sealed class ClipIntake(JobStore jobs, ClipIngestor ingestor, IOptions<IngestOptions> options)
{
    /// <param name="file">Received as a clip.</param>
    /// <param name="upload">What the client says of it.</param>
    /// <param name="asJob">The client does not want to wait.</param>
    /// <param name="cancellationToken">Stops; nothing is left.</param>
    /// <returns>
    /// A clip, or a job where the client asked for one, the file is longer than <see cref="IngestOptions.AsyncAfter"/>, or a job of the same content
    /// or for the same id is under way.
    /// </returns>
    /// <exception cref="ClipConflictException">The id is taken by other content and <see cref="ClipUpload.Replace"/> is off.</exception>
    /// <exception cref="MediaException">The file cannot be used; of a job, <see cref="Job.Problem"/> says so later.</exception>
    /// <exception cref="BusyException">Too much waits to be decoded or encoded already.</exception>
    /// <exception cref="JobQueueFullException">Too many jobs wait already.</exception>
    public async Task<ClipOrJob> TakeAsync(IncomingFile file, ClipUpload upload, bool asJob, CancellationToken cancellationToken = default)
    {
        // Jobs first: one that ends in between has stored its clip by then.
        if (jobs.FindActive(file.RequireHash(), upload) is { } active)
            return new ClipOrJob(null, active);
        if (await ingestor.FindStoredAsync(file, upload, cancellationToken).ConfigureAwait(false) is { } stored)
            return new ClipOrJob(stored, null);
        // A request would wait for that job, which may take hours.
        asJob |= jobs.IsAnyActive(file.RequireHash(), upload.Id);
        EmbedSteps unlessLong = new() { Begin = source => source.Info.Duration <= options.Value.AsyncAfter };
        if (!asJob && await ingestor.IngestAsync(file, upload, unlessLong, cancellationToken).ConfigureAwait(false) is { } ingested)
            return new ClipOrJob(ingested, null);
        return new ClipOrJob(null, await jobs.SubmitAsync(file, upload, cancellationToken).ConfigureAwait(false));
    }
}

/// <summary>What became of an upload: one of the two.</summary>
public sealed record ClipOrJob(IngestResult? Clip, Job? Job);
