namespace CavMae.Retrieval.Ingest;

/// <summary>What an upload is for.</summary>
public enum UploadPurpose
{
    /// <summary>To be stored.</summary>
    Clip,

    /// <summary>To be looked at once.</summary>
    Query,
}

/// <summary>An upload on disk that belongs to no clip yet; disposing it removes the file if it is still there.</summary>
public sealed class IncomingFile(string path, long sizeBytes, string? sha256) : IDisposable
{
    public string Path { get; } = path;
    public long SizeBytes { get; } = sizeBytes;

    /// <summary>SHA-256 of the content, lower-case hex; null for a query.</summary>
    public string? Sha256 { get; } = sha256;

    /// <summary>The file is a job's, which needs it until the job has ended: storing the clip leaves it where it is.</summary>
    public bool StaysInPlace { get; init; }

    /// <summary>When a job for it was acknowledged, which tells the clip that the job has stored from one it is to replace; null without a job.</summary>
    public DateTimeOffset? AcceptedAt { get; init; }

    /// <exception cref="ArgumentException">It was received as a query.</exception>
    internal string RequireHash() => Sha256 ?? throw new ArgumentException("Only what was received as a clip can be stored.");

    public void Dispose() => DeleteIfThere(Path);

    /// <summary>Unlike <see cref="File.Delete"/>, says nothing where the whole folder is gone: an error on the way here is the one to report.</summary>
    internal static void DeleteIfThere(string path)
    {
        if (File.Exists(path))
            File.Delete(path);
    }
}
