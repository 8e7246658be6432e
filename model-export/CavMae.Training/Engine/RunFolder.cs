namespace CavMae.Training.Engine;

/// <summary>The files of a training run.</summary>
internal sealed class RunFolder
{
    public RunFolder(string path) => Path = Directory.CreateDirectory(path).FullName;

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

    private string File(string name) => System.IO.Path.Combine(Path, name);
}
