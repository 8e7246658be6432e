using CavMae.Export;
using CavMae.Retrieval.Cli.Tests.Support;
using CavMae.Tests.Shared;

[assembly: AssemblyFixture(typeof(TinyBundle))]

namespace CavMae.Retrieval.Cli.Tests.Support;

/// <summary>The bundle of the fixtures' tiny checkpoint, exported once for all tests.</summary>
public sealed class TinyBundle : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public TinyBundle() => Result = BundleExporter.Export(new ExportOptions
    {
        CheckpointPath = Fixtures.Golden("tiny.pth"),
        OutputFolder = folder.File("model"),
        Name = "tiny",
        Heads = 4,
        Trained = false,
    });

    public ExportResult Result { get; }

    public string Folder => Result.Folder;

    public void Dispose() => folder.Dispose();
}
