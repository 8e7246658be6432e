using System.IO.Enumeration;

namespace CavMae.Retrieval.Cli.Indexing;

/// <summary>
/// Paths with wildcards, for shells that do not fill them in: <c>*</c> and <c>?</c> within a name, <c>**</c> for folders of any depth. As in shells,
/// hidden names are met only by patterns that begin with a dot; <c>**</c> does not follow links to folders.
/// </summary>
internal static class GlobPattern
{
    private const string AnyDepth = "**";
    private static readonly char[] Wildcards = ['*', '?'];

    public static bool IsPattern(string path) => path.AsSpan().ContainsAny(Wildcards);

    /// <summary>What is there, in the order of names; folders that cannot be read are passed over, as shells do.</summary>
    public static IEnumerable<string> Expand(string pattern)
    {
        string root = Path.GetPathRoot(pattern) ?? "";
        string[] segments = pattern[root.Length..].Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries);
        return Expand(root, segments).Distinct(StringComparer.Ordinal);
    }

    private static IEnumerable<string> Expand(string folder, ArraySegment<string> segments)
    {
        if (segments.Count == 0)
            return folder.Length > 0 ? [folder] : [];
        string segment = segments[0];
        ArraySegment<string> rest = segments[1..];
        if (segment == AnyDepth)
            return rest.Count == 0
                ? Entries(folder).Select(entry => Path.Combine(folder, entry.Name))
                : FoldersBelow(folder).SelectMany(below => Expand(below, rest));
        if (!IsPattern(segment))
        {
            string path = Path.Combine(folder, segment);
            return Path.Exists(path) ? Expand(path, rest) : [];
        }
        return Entries(folder, segment.StartsWith('.'))
            .Where(entry => FileSystemName.MatchesSimpleExpression(segment, entry.Name, ignoreCase: false) && (rest.Count == 0 || entry is DirectoryInfo))
            .SelectMany(entry => Expand(Path.Combine(folder, entry.Name), rest));
    }

    /// <summary>The folder itself, then all below it.</summary>
    private static IEnumerable<string> FoldersBelow(string folder)
    {
        yield return folder;
        foreach (FileSystemInfo entry in Entries(folder).Where(entry => entry is DirectoryInfo && entry.LinkTarget is null))
            foreach (string below in FoldersBelow(Path.Combine(folder, entry.Name)))
                yield return below;
    }

    private static IEnumerable<FileSystemInfo> Entries(string folder, bool withHidden = false)
    {
        try
        {
            return new DirectoryInfo(folder.Length == 0 ? "." : folder).GetFileSystemInfos()
                .Where(entry => withHidden || !entry.Name.StartsWith('.')).OrderBy(entry => entry.Name, StringComparer.Ordinal);
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
