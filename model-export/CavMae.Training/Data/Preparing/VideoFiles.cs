using System.IO.Enumeration;
using System.Security.Cryptography;
using System.Text;
using CavMae.Training.Data.Sets;

namespace CavMae.Training.Data.Preparing;

/// <summary>A video to prepare.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Name">Its path below the folder that was given, with '/'; for a file given by itself its file name.</param>
/// <param name="Id">The name of what is made of it: safe in file names, and no other's of the videos found with it.</param>
internal sealed record VideoFile(string Path, string Name, string Id);

/// <summary>Finds videos and gives them ids.</summary>
internal static class VideoFiles
{
    /// <summary>Bytes of a file name on usual systems are at most 255; room is left for endings.</summary>
    private const int MaxIdLength = 150;

    private const int HashDigits = 12;

    /// <summary>What counts as a video below a folder; a file given by itself is taken whatever it is called.</summary>
    private static readonly HashSet<string> Extensions = new(StringComparer.OrdinalIgnoreCase)
    {
        ".mp4", ".m4v", ".mov", ".3gp", ".mkv", ".webm", ".avi", ".ts", ".mts", ".m2ts", ".ogv", ".ogg",
    };

    /// <summary>
    /// Files as they are, folders with all videos below them but hidden ones and those behind links to folders; each once, in the order of their names. The same set of
    /// files has the same ids in any order.
    /// </summary>
    /// <exception cref="DatasetException">A path that is not there.</exception>
    public static IReadOnlyList<VideoFile> Find(IEnumerable<string> paths)
    {
        Dictionary<string, string> nameOfPath = new(StringComparer.Ordinal);
        foreach (string path in paths)
        {
            if (Directory.Exists(path))
                AddFolder(path, nameOfPath);
            else if (File.Exists(path))
                nameOfPath.TryAdd(Path.GetFullPath(path), Path.GetFileName(path));
            else
                throw new DatasetException($"There is no '{path}'.");
        }
        // What differs in case only is one file on some systems.
        ILookup<string, string> pathsOfId = nameOfPath.ToLookup(file => SafeId(file.Value), file => file.Key, StringComparer.OrdinalIgnoreCase);
        return [.. nameOfPath
            .Select(file => new VideoFile(file.Key, file.Value, UniqueId(file.Key, file.Value)))
            .OrderBy(file => file.Name, StringComparer.Ordinal).ThenBy(file => file.Path, StringComparer.Ordinal)];

        // The hash is of the name, so that a folder can be moved; of the whole path where two of one name come from different folders.
        string UniqueId(string path, string name) => pathsOfId[SafeId(name)].Count() == 1
            ? SafeId(name)
            : IdWithHash(name, nameOfPath.Values.Count(other => other == name) == 1 ? name : path);
    }

    /// <summary>An id that other videos of the same name do not have.</summary>
    /// <param name="hashed">What tells it from those.</param>
    public static string IdWithHash(string name, string hashed) =>
        $"{SafeId(name)}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(hashed)))[..HashDigits]}";

    /// <summary>The name without its extension; anything but ASCII letters, digits, '.', '-' and '_' becomes '_'.</summary>
    private static string SafeId(string name)
    {
        StringBuilder id = new(Path.ChangeExtension(name, null));
        for (int i = 0; i < id.Length; i++)
        {
            if (!(char.IsAsciiLetterOrDigit(id[i]) || id[i] is '_' || (i > 0 && id[i] is '.' or '-')))
                id[i] = '_';
        }
        return id.Length == 0 ? "_" : id.ToString(0, Math.Min(id.Length, MaxIdLength));
    }

    private static void AddFolder(string folder, Dictionary<string, string> nameOfPath)
    {
        EnumerationOptions everything = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden, IgnoreInaccessible = false };
        FileSystemEnumerable<string> files = new(folder, (ref entry) => entry.ToSpecifiedFullPath(), everything)
        {
            ShouldIncludePredicate = (ref entry) => !entry.IsDirectory && Extensions.Contains(Path.GetExtension(entry.FileName).ToString()),
            // Links to folders may lead in circles.
            ShouldRecursePredicate = (ref entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
        };
        foreach (string path in files)
            nameOfPath.TryAdd(Path.GetFullPath(path), Path.GetRelativePath(folder, path).Replace('\\', '/'));
    }
}
