using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Ingest.Jobs;

/// <summary>The uploads of jobs that have not ended, each under the name of its job.</summary>
internal sealed class JobFiles(DataFolder folder)
{
    private const int NameLength = 32;

    /// <summary>Where <see cref="SetAside"/> puts them.</summary>
    public string UnclaimedFolder => Path.Combine(folder.JobsFolder, "unclaimed");

    /// <summary>A job's upload; it stays where it is until <see cref="Remove"/>.</summary>
    public IncomingFile Open(Job job) => new(PathOf(job.Id), job.SizeBytes, job.Sha256) { StaysInPlace = true, AcceptedAt = job.CreatedAt };

    /// <summary>Takes a received file over. Durable on return.</summary>
    /// <exception cref="StoreUnavailableException">The disk is full or cannot be written.</exception>
    public void Take(IncomingFile file, string jobId) => folder.OnDisk(() =>
    {
        MediaStore.FlushFile(file.Path);
        File.Move(file.Path, PathOf(jobId));
        DirectorySync.Flush(folder.JobsFolder);
    });

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

    /// <summary>
    /// Puts uploads out of the way of <see cref="Sweep"/>, of jobs whose database was moved away: they are somebody's, though nobody knows whose.
    /// </summary>
    /// <returns>How many.</returns>
    /// <exception cref="StoreUnavailableException">The folder cannot be read or written.</exception>
    public int SetAside() => folder.OnDisk(() =>
    {
        string[] left = Uploads();
        if (left.Length > 0)
            Directory.CreateDirectory(UnclaimedFolder);
        Array.ForEach(left, path => File.Move(path, Path.Combine(UnclaimedFolder, Path.GetFileName(path))));
        return left.Length;
    });

    /// <summary>Removes uploads of no job: of jobs that ended, or that were never acknowledged, when the process was killed.</summary>
    /// <returns>How many.</returns>
    /// <exception cref="StoreUnavailableException">The folder cannot be read or written.</exception>
    public int Sweep(IReadOnlySet<string> jobIds) => folder.OnDisk(() =>
    {
        string[] left = [.. Uploads().Where(path => !jobIds.Contains(Path.GetFileName(path)))];
        Array.ForEach(left, File.Delete);
        return left.Length;
    });

    private string[] Uploads() => [.. Directory.EnumerateFiles(folder.JobsFolder).Where(path => IsJobId(Path.GetFileName(path)))];

    private static bool IsJobId(string name) => name.Length == NameLength && name.All(char.IsAsciiHexDigitLower);

    private string PathOf(string jobId) => Path.Combine(folder.JobsFolder, jobId);
}
