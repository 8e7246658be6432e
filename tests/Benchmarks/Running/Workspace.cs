using CavMae.Export;
using CavMae.Retrieval.Embeddings;

namespace CavMae.Benchmarks.Running;

/// <summary>A model bundle that benchmarks run on.</summary>
internal sealed record Bundle(string Name, string Folder, string ModelId, int Dimension)
{
    /// <summary>The repository's demo model.</summary>
    public static Task<Bundle> OpenDemoAsync(CancellationToken cancellationToken) => OpenAsync(Path.Combine(Workspace.RepositoryRoot, "models", "demo"), cancellationToken);

    public static async Task<Bundle> OpenAsync(string folder, CancellationToken cancellationToken)
    {
        ModelManifest manifest = (await ModelBundle.OpenAsync(folder, cancellationToken)).Manifest;
        return new Bundle($"{manifest.Name} {manifest.Precision}", Path.GetFullPath(folder), manifest.ModelId, manifest.Dimension);
    }
}

/// <summary>A temporary folder with what the benchmarks need, made when first asked for and removed at the end; and where the repository's files are.</summary>
internal sealed class Workspace : IDisposable
{
    private readonly Lazy<string> vitBCheckpoint;
    private readonly Lazy<Bundle> vitB;
    private readonly Lazy<Bundle> vitBInt8;
    private readonly Lazy<Bundle> shallow;
    private readonly Lazy<Bundle> tiny;

    public Workspace(Action<string> progress)
    {
        vitBCheckpoint = new(() =>
        {
            progress("  making a random ViT-B checkpoint");
            return WriteCheckpoint("vit-b.pth", new RandomCheckpointOptions());
        });
        vitB = new(() =>
        {
            string checkpoint = VitBCheckpoint;
            progress("  exporting it");
            return Export("vit-b", checkpoint, heads: null);
        });
        vitBInt8 = new(() =>
        {
            string checkpoint = VitBCheckpoint;
            progress("  exporting it in int8");
            return Export("vit-b-int8", checkpoint, heads: null, ExportPrecision.Int8);
        });
        shallow = new(() => Export("shallow", WriteCheckpoint("shallow.pth", new RandomCheckpointOptions { ModalityBlocks = 0, SharedBlocks = 1, DecoderDim = 0 }), heads: null));
        tiny = new(() => Export("tiny", Path.Combine(RepositoryRoot, "tests", "fixtures", "golden", "tiny.pth"), heads: 4));
    }

    public static string RepositoryRoot { get; } = FindRoot();

    public string FullPath { get; } = Directory.CreateTempSubdirectory("cavmae-benchmarks-").FullName;

    /// <summary>The published size (191.0 M parameters with its decoder), random weights.</summary>
    public string VitBCheckpoint => vitBCheckpoint.Value;

    /// <inheritdoc cref="VitBCheckpoint"/>
    public Bundle VitB => vitB.Value;

    /// <inheritdoc cref="VitBCheckpoint"/>
    public Bundle VitBInt8 => vitBInt8.Value;

    /// <summary>As wide as ViT-B (768), one block deep: vectors of the real size without the real encoder's time.</summary>
    public Bundle Shallow => shallow.Value;

    /// <summary>The fixtures' tiny model (32 wide).</summary>
    public Bundle Tiny => tiny.Value;

    /// <summary>The fixtures' clips, and third-party clips where they lie beside the repository.</summary>
    public static IReadOnlyList<string> Clips { get; } =
    [
        .. ListClips(Path.Combine(RepositoryRoot, "tests", "fixtures", "clips")),
        .. ListClips(Path.Combine(RepositoryRoot, "..", "shared", "real", "clips")),
    ];

    /// <summary>640 × 360, 25 frames a second, 10 s.</summary>
    public static string TenSecondClip { get; } = Path.Combine(RepositoryRoot, "tests", "fixtures", "clips", "zoom_640x360_25fps_10s.mp4");

    public string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(FullPath, $"{name}-{Guid.NewGuid():N}")).FullName;

    public void Dispose() => Directory.Delete(FullPath, recursive: true);

    private string WriteCheckpoint(string name, RandomCheckpointOptions options)
    {
        string path = Path.Combine(FullPath, name);
        RandomCheckpoint.Write(path, options);
        return path;
    }

    private Bundle Export(string name, string checkpoint, int? heads, ExportPrecision precision = ExportPrecision.Fp32)
    {
        ExportResult result = BundleExporter.Export(new ExportOptions { CheckpointPath = checkpoint, OutputFolder = Path.Combine(FullPath, name), Name = name, Precision = precision, Heads = heads, Trained = false });
        return new Bundle(name, result.Folder, result.ModelId, result.Dimension);
    }

    private static IEnumerable<string> ListClips(string folder) =>
        Directory.Exists(folder) ? Directory.GetFiles(folder, "*.mp4").Order(StringComparer.Ordinal) : [];

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "CavMae.Retrieval.sln")))
                return folder.FullName;
        throw new BenchmarkException("The repository (CavMae.Retrieval.sln) is not above this program; run it with 'dotnet run --project tests/Benchmarks'.");
    }
}
