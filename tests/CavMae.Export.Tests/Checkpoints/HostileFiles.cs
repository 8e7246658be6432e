using CavMae.Checkpoints;
using CavMae.Export.Tests.Support;

namespace CavMae.Export.Tests.Checkpoints;

/// <summary>Files that are damaged or made to harm, and the way they must be refused.</summary>
public abstract class HostileFiles : IDisposable
{
    private protected TemporaryFolder Folder { get; } = new();

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    protected static void AssertRefused(string path, string fault)
    {
        CheckpointException problem = Assert.Throws<CheckpointException>(() => Checkpoint.Open(path));
        Assert.Contains(fault, problem.Message, StringComparison.Ordinal);
        Assert.StartsWith(path, problem.Message, StringComparison.Ordinal);
    }

    protected string Zip(byte[] pickle, params byte[][] storages) => Archives.Write(Folder.File("made.pth"), pickle, storages);

    protected string Save(string name, byte[] bytes)
    {
        File.WriteAllBytes(Folder.File(name), bytes);
        return Folder.File(name);
    }

    protected string Cut(string name, double part)
    {
        byte[] bytes = File.ReadAllBytes(Fixtures.Golden(name));
        return Save(name, bytes[..(int)(bytes.Length * part)]);
    }
}
