using CavMae.Retrieval.Cli.Commands;

namespace CavMae.Retrieval.Cli.Indexing;

/// <param name="Path">As it was given, or as it was found below what was given.</param>
/// <param name="SizeBytes">For showing progress.</param>
internal sealed record MediaFile(string Path, long SizeBytes);

/// <summary>The files to index, and the folders that could not be looked into.</summary>
internal sealed class MediaFiles
{
    private readonly List<MediaFile> found = [];
    private readonly List<FileReport> unreadable = [];
    private readonly HashSet<string> seen = new(StringComparer.Ordinal);
    private readonly string? dataFolder;

    private MediaFiles(string? dataFolder) => this.dataFolder = dataFolder;

    public IReadOnlyList<MediaFile> Found => found;
    public IReadOnlyList<FileReport> Unreadable => unreadable;
    public long TotalBytes => found.Sum(file => file.SizeBytes);

    /// <summary>Fills in the wildcards of what is not itself the name of something.</summary>
    /// <exception cref="BadUseException">Something named is not there, or a pattern meets nothing.</exception>
    public static IReadOnlyList<string> Resolve(IEnumerable<string> paths)
    {
        List<string> resolved = [];
        List<string> missing = [];
        foreach (string path in paths)
        {
            int before = resolved.Count;
            resolved.AddRange(Path.Exists(path) ? [path] : GlobPattern.IsPattern(path) ? GlobPattern.Expand(path) : []);
            if (resolved.Count == before)
                missing.Add($"'{path}'");
        }
        return missing.Count == 0 ? resolved : throw new BadUseException($"There is no {string.Join(", no ", missing)}. Nothing was indexed.");
    }

    /// <summary>
    /// Files as they are, folders with all below them in the order of their names; each file once. Left out below folders: hidden files and folders,
    /// links to folders (they may lead in circles), and the data folder itself.
    /// </summary>
    /// <param name="paths">What is there, as <see cref="Resolve"/> gives it.</param>
    /// <param name="dataFolder">The data folder; null where the clips lie with a service.</param>
    public static MediaFiles Find(IEnumerable<string> paths, string? dataFolder)
    {
        MediaFiles files = new(dataFolder);
        foreach (string path in paths)
        {
            if (Directory.Exists(path))
                files.AddFolder(new DirectoryInfo(path));
            else
                files.Add(new FileInfo(path), path);
        }
        return files;
    }

    private void AddFolder(DirectoryInfo folder)
    {
        if (folder.FullName.TrimEnd(Path.DirectorySeparatorChar) == dataFolder?.TrimEnd(Path.DirectorySeparatorChar))
            return;
        FileSystemInfo[] entries;
        try
        {
            entries = folder.GetFileSystemInfos();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            unreadable.Add(new FileReport(folder.ToString(), FileState.Failed, e.Message));
            return;
        }
        foreach (FileSystemInfo entry in entries.Where(entry => !entry.Name.StartsWith('.')).OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            string path = Path.Combine(folder.ToString(), entry.Name);
            if (entry is FileInfo file)
                Add(file, path);
            else if (entry.LinkTarget is null)
                AddFolder(new DirectoryInfo(path));
        }
    }

    private void Add(FileInfo file, string path)
    {
        // A link that leads nowhere has no size; opening it says what is wrong.
        if (seen.Add(file.FullName))
            found.Add(new MediaFile(path, file.Exists && file.LinkTarget is null ? file.Length : 0));
    }
}
