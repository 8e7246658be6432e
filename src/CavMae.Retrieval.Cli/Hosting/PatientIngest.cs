using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Ingest;

namespace CavMae.Retrieval.Cli.Hosting;

internal static class PatientIngest
{
    /// <summary>Between two attempts at a file that found the queues full: less than a clip takes.</summary>
    private static readonly TimeSpan BusyDelay = TimeSpan.FromMilliseconds(50);

    /// <summary>A full queue is no fault of the file: what is in it goes on, and then there is room.</summary>
    public static async Task<IngestResult> IngestPatientlyAsync(this ClipIngestor ingestor, IncomingFile file, ClipUpload upload, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await ingestor.IngestAsync(file, upload, cancellationToken).ConfigureAwait(false);
            }
            catch (BusyException)
            {
                await Task.Delay(BusyDelay, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
