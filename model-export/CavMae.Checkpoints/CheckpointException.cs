namespace CavMae.Checkpoints;

/// <summary>
/// A checkpoint or tensor file cannot be read: damaged, truncated, hostile, or of a kind that is not read here.
/// The message names the file and the fault; nothing of the file has been executed.
/// </summary>
public sealed class CheckpointException : Exception
{
    public CheckpointException(string message) : base(message) { }

    public CheckpointException(string message, Exception innerException) : base(message, innerException) { }

    public CheckpointException() { }

    /// <summary>The same fault, said of the file it was found in.</summary>
    internal CheckpointException In(string path) => new($"{path}: {Message}", this);
}
