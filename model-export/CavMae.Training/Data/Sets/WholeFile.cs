namespace CavMae.Training.Data.Sets;

/// <summary>Files that are there whole or not at all, whenever the process ends.</summary>
internal static class WholeFile
{
    private const string TemporaryEnding = ".part";

    /// <summary>Removes what processes that were killed have left below a folder; none may be writing there.</summary>
    /// <param name="pattern">Of the files' names as they were to be.</param>
    public static void RemoveLeftovers(string folder, string pattern, SearchOption depth)
    {
        foreach (string leftover in Directory.EnumerateFiles(folder, pattern + ".*" + TemporaryEnding, depth))
            File.Delete(leftover);
    }

    /// <summary>Writes under a temporary name beside the file, then renames; what was there before is replaced.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        string temporary = $"{path}.{Environment.ProcessId}-{Environment.CurrentManagedThreadId}{TemporaryEnding}";
        try
        {
            using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                write(stream);
                // Else the rename may reach the disk before what is in the file.
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
