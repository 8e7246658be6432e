namespace CavMae.Tests.Shared;

/// <summary>An empty folder of its own for one test, removed with all it holds when the test ends.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string FullPath { get; } = Directory.CreateTempSubdirectory("cavmae-test-").FullName;

    public string File(string name) => Path.Combine(FullPath, name);

    public void Dispose() => Directory.Delete(FullPath, recursive: true);
}
