namespace CavMae.Training.Data.Sets;

/// <summary>Files that are there whole or not at all, whenever the process ends.</summary>
internal static class WholeFile
{
    /// <summary>Writes under a temporary name beside the file, then renames; what was there before is replaced.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        string temporary = $"{path}.{Environment.ProcessId}-{Environment.CurrentManagedThreadId}.part";
        try
        {
            using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
                write(stream);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
