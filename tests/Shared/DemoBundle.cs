using CavMae.Export;

namespace CavMae.Tests.Shared;

/// <summary>The tiny untrained checkpoint as a bundle, exported once for a whole test run.</summary>
internal static class DemoBundle
{
    /// <summary>Attention heads of the recorded checkpoint.</summary>
    private const int Heads = 4;

    private static readonly Lazy<ExportResult> Exported = new(() => ExportAs("demo"));

    /// <summary>What was exported, and where it lies.</summary>
    public static ExportResult Result => Exported.Value;

    /// <summary>Folder of the bundle; shared, not to be written to.</summary>
    public static string Folder => Result.Folder;

    /// <summary>A bundle of another name, and so of another model id; the caller's own.</summary>
    public static string Export(string name, ExportPrecision precision = ExportPrecision.Fp32) => ExportAs(name, precision).Folder;

    private static ExportResult ExportAs(string name, ExportPrecision precision = ExportPrecision.Fp32)
    {
        string parent = Directory.CreateTempSubdirectory("cavmae-test-bundle-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(parent, recursive: true);
        return BundleExporter.Export(new ExportOptions { CheckpointPath = Fixtures.Golden("tiny.pth"), OutputFolder = Path.Combine(parent, name), Name = name, Precision = precision, Heads = Heads, Trained = false }, null, CancellationToken.None);
    }
}
