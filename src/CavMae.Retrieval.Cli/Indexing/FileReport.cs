namespace CavMae.Retrieval.Cli.Indexing;

internal enum FileState
{
    Indexed,

    /// <summary>The same content is stored already; nothing was changed.</summary>
    Present,
    Failed,
}

/// <summary>What became of one file.</summary>
/// <param name="Detail">The clip it is, or why it could not be indexed.</param>
internal sealed record FileReport(string Path, FileState State, string Detail)
{
    public static FileReport Indexed(string path, string clipId, int scenes) => new(path, FileState.Indexed, $"clip {clipId}, {(scenes == 1 ? "1 scene" : $"{scenes} scenes")}");

    public static FileReport Present(string path, string clipId, string title) => new(path, FileState.Present, $"its content is clip {clipId}, \"{title}\", already");

    public string ToLine() => State switch
    {
        FileState.Indexed => $"indexed  {Path}: {Detail}",
        FileState.Present => $"present  {Path}: {Detail}",
        _ => $"failed   {Path}: {Detail}",
    };
}
