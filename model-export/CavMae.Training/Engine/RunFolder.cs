namespace CavMae.Training.Engine;

/// <summary>The files of a training run. A run belongs to one process at a time.</summary>
internal sealed class RunFolder : IDisposable
{
    private readonly FileStream claim;

    /// <exception cref="TrainingException">Another process trains in this folder.</exception>
    public RunFolder(string path)
    {
        Path = Directory.CreateDirectory(path).FullName;
        try
        {
            claim = new FileStream(File(".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (IOException problem)
        {
            throw new TrainingException($"{Path} is in use by another training process: wait for it, stop it, or give another --out.", problem);
        }
    }

    public string Path { get; }

    /// <summary>Everything a run needs to go on: weights, Adam's moments, position.</summary>
    public string State => File("state.safetensors");

    /// <summary>The weights after the last whole epoch.</summary>
    public string Last => File("last.safetensors");

    /// <summary>The weights of the best validation.</summary>
    public string Best => File("best.safetensors");

    /// <summary>The settings the run was started with.</summary>
    public string Recipe => File("recipe.json");

    /// <summary>A line a step.</summary>
    public string Steps => File("steps.csv");

    /// <summary>A line an epoch.</summary>
    public string Epochs => File("epochs.csv");

    public string Curves => File("curves.png");

    public void Dispose() => claim.Dispose();

    private string File(string name) => System.IO.Path.Combine(Path, name);
}
