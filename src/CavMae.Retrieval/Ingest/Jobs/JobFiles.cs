using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Ingest.Jobs;

/// <summary>The uploads of jobs that have not ended, each under the name of its job.</summary>
internal sealed class JobFiles(DataFolder folder)
{
    private const int NameLength = 32;

    /// <summary>A job's upload; it stays where it is until <see cref="Remove"/>.</summary>
    public IncomingFile Open(Job job) => new(PathOf(job.Id), job.SizeBytes, job.Sha256) { StaysInPlace = true };

    /// <summary>Takes a received file over. Durable on return.</summary>
    /// <exception cref="StoreUnavailableException">The disk is full or cannot be written.</exception>
    public void Take(IncomingFile file, string jobId)
    {
        try
        {
            MediaStore.FlushFile(file.Path);
            File.Move(file.Path, PathOf(jobId));
            DirectorySync.Flush(folder.JobsFolder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"The data folder '{folder.FullPath}' cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Removes a job's upload; says nothing where it cannot, since the next start does so then.</summary>
    public void Remove(string jobId)
    {
        try
        {
            IncomingFile.DeleteIfThere(PathOf(jobId));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The job has ended, which is what counts.
        }
    }

    /// <summary>Removes uploads of no job: of jobs that ended, or that were never acknowledged, when the process was killed.</summary>
    /// <returns>How many.</returns>
    public int Sweep(IReadOnlySet<string> jobIds)
    {
        int removed = 0;
        foreach (string path in Directory.EnumerateFiles(folder.JobsFolder))
        {
            string name = Path.GetFileName(path);
            if (name.Length != NameLength || !name.All(char.IsAsciiHexDigitLower) || jobIds.Contains(name))
                continue;
            File.Delete(path);
            removed++;
        }
        return removed;
    }

    private string PathOf(string jobId) => Path.Combine(folder.JobsFolder, jobId);
}
