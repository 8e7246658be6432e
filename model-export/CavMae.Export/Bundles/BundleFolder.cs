namespace CavMae.Export.Bundles;

/// <summary>
/// A bundle's folder in the making: files are written beside the target and take its place in one step when complete. Until
/// then, and on any failure, an existing bundle stays as it is. One export at a time writes to a target.
/// </summary>
internal sealed class BundleFolder : IDisposable
{
    private readonly FileStream lockFile;
    private readonly string target;
    private readonly string replaced;

    /// <exception cref="ExportException">The target holds something other than a bundle, or another export writes to it.</exception>
    public BundleFolder(string folder)
    {
        target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        string name = Path.GetFileName(target);
        if (name.Length == 0)
            throw new ExportException($"{folder} is a root folder: give a folder of its own to the bundle with --out.");
        CheckTarget(target);
        string parent = Path.GetDirectoryName(target)!;
        Directory.CreateDirectory(parent);
        StagingPath = Path.Combine(parent, $".{name}.exporting");
        replaced = Path.Combine(parent, $".{name}.replaced");
        lockFile = Lock(Path.Combine(parent, $".{name}.export-lock"), target);
        try
        {
            ClearLeftovers();
            Directory.CreateDirectory(StagingPath);
        }
        catch
        {
            lockFile.Dispose();
            throw;
        }
    }

    /// <summary>Where the files are written until <see cref="Commit"/>.</summary>
    public string StagingPath { get; }

    /// <summary>Where the bundle is to stand.</summary>
    public string TargetPath => target;

    /// <summary>Puts the finished folder in the target's place.</summary>
    public void Commit()
    {
        FileSystem.FlushFolder(StagingPath);
        CheckTarget(target); // again: minutes may have passed
        if (!Directory.Exists(target))
            Directory.Move(StagingPath, target);
        else if (!FileSystem.TryExchange(StagingPath, target))
            ReplaceInTwoSteps();
        FileSystem.FlushFolder(Path.GetDirectoryName(target)!);
    }

    public void Dispose()
    {
        try
        {
            Remove(StagingPath); // after an exchange, this is the old bundle
            if (Directory.Exists(target))
                Remove(replaced);
        }
        finally
        {
            lockFile.Dispose();
        }
    }

    /// <summary>A folder may be replaced when it is empty, or holds model.json and ONNX files and nothing else.</summary>
    private static void CheckTarget(string target)
    {
        if (File.Exists(target))
            throw new ExportException($"{target} is a file: give a folder with --out.");
        if (!Directory.Exists(target))
            return;
        string[] entries = [.. Directory.EnumerateFileSystemEntries(target).Select(path => Path.GetFileName(path)!)];
        if (entries.Length == 0)
            return;
        string? foreign = !entries.Contains(BundleManifest.FileName)
            ? entries[0]
            : Array.Find(entries, entry => entry != BundleManifest.FileName && !entry.EndsWith(".onnx", StringComparison.Ordinal) && !entry.EndsWith(".onnx.data", StringComparison.Ordinal));
        if (foreign is not null)
            throw new ExportException($"{target} holds {foreign}, which is not part of a bundle: nothing is replaced. Give an empty or new folder with --out.");
    }

    private static FileStream Lock(string path, string target)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (IOException problem) when (problem is not (DirectoryNotFoundException or PathTooLongException) && File.Exists(path))
        {
            throw new ExportException($"Another export is writing to {target}: wait until it has ended.", problem);
        }
    }

    /// <summary>What an export that was killed left behind. With the lock held, nobody else is using it.</summary>
    private void ClearLeftovers()
    {
        if (Directory.Exists(replaced) && !Directory.Exists(target))
            Directory.Move(replaced, target);
        Remove(replaced);
        Remove(StagingPath);
    }

    /// <summary>For systems that cannot exchange two folders: for a moment the target is missing, and a crash there is mended by the next export.</summary>
    private void ReplaceInTwoSteps()
    {
        Directory.Move(target, replaced);
        try
        {
            Directory.Move(StagingPath, target);
        }
        catch
        {
            Directory.Move(replaced, target);
            throw;
        }
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}
