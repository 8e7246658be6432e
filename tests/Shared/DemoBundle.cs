using CavMae.Export;

namespace CavMae.Tests.Shared;

/// <summary>The tiny untrained checkpoint as a bundle, exported once for a whole test run.</summary>
internal static class DemoBundle
{
    /// <summary>Attention heads of the recorded checkpoint.</summary>
    private const int Heads = 4;

    private static readonly Lazy<string> Exported = new(() => Export("demo"));

    /// <summary>Folder of the bundle; shared, not to be written to.</summary>
    public static string Folder => Exported.Value;

    /// <summary>A bundle of another name, and so of another model id.</summary>
    public static string Export(string name)
    {
        string parent = Directory.CreateTempSubdirectory("cavmae-test-bundle-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(parent, recursive: true);
        string folder = Path.Combine(parent, name);
        BundleExporter.Export(new ExportOptions { CheckpointPath = Fixtures.Golden("tiny.pth"), OutputFolder = folder, Name = name, Heads = Heads, Trained = false }, null, CancellationToken.None);
        return folder;
    }
}
