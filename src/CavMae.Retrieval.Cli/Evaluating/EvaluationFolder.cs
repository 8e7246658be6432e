namespace CavMae.Retrieval.Cli.Evaluating;

/// <summary>The data folder of an evaluation: one that stays, or a temporary one that goes with this object, or with the next if this process is killed.</summary>
internal sealed class EvaluationFolder : IDisposable
{
    private const string Prefix = "cavmae-evaluate-";

    private readonly LockedTemporaryFolder? temporary;
    private readonly TextWriter error;

    /// <param name="keptPath">The folder that stays; null for a temporary one.</param>
    /// <param name="error">Told where a temporary folder cannot be removed.</param>
    /// <exception cref="IOException">No temporary folder can be made; the message says what to do.</exception>
    public EvaluationFolder(string? keptPath, TextWriter error)
    {
        this.error = error;
        if (keptPath is null)
        {
            // What cannot be taken is in use, or another user's.
            LockedTemporaryFolder.RemoveStale(Prefix, (_, _) => { });
            temporary = LockedTemporaryFolder.Create(Prefix);
        }
        FullPath = Path.GetFullPath(keptPath ?? temporary!.FullPath);
    }

    public string FullPath { get; }

    public bool IsKept => temporary is null;

    /// <summary>Does not throw: the result is out, and what is left takes space only.</summary>
    public void Dispose()
    {
        if (temporary?.Remove() is { } reason)
            error.WriteLine($"The temporary folder '{FullPath}' could not be removed: {reason.Message}");
    }
}
