using System.Globalization;

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
    public string ToLine() => State switch
    {
        FileState.Indexed => $"indexed  {Path}: {Detail}",
        FileState.Present => $"present  {Path}: {Detail}",
        _ => $"failed   {Path}: {Detail}",
    };
}

/// <summary>What became of all of them.</summary>
internal sealed record IndexSummary(int Indexed, int Present, int Failed, TimeSpan Time)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Indexed} indexed, {Present} already there, {Failed} failed, in {Time.TotalSeconds:0.0} s");
}
