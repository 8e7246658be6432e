namespace CavMae.Retrieval.Cli.Evaluating;

/// <summary>The data folder of an evaluation: one that stays, or a temporary one that goes with this object.</summary>
internal sealed class EvaluationFolder(string? keptPath) : IDisposable
{
    public string FullPath { get; } = Path.GetFullPath(keptPath ?? Directory.CreateTempSubdirectory("cavmae-evaluate-").FullName);

    public bool IsKept => keptPath is not null;

    public void Dispose()
    {
        if (!IsKept)
            Directory.Delete(FullPath, recursive: true);
    }
}
