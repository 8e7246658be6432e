using System.Text.Json;
using CavMae.Checkpoints;
using CavMae.Export.Bundles;
using CavMae.Retrieval;
using CavMae.Retrieval.Embeddings;
using Microsoft.Extensions.Logging.Abstractions;

namespace CavMae.Export.Verifying;

/// <summary>One side of a comparison: a bundle that is there, or one made of a checkpoint for as long as this object lives.</summary>
internal sealed class ComparedBundle : IAsyncDisposable
{
    private const string TemporaryPrefix = "cavmae-verify-";
    private const int HashDigits = 12;

    private readonly LockedTemporaryFolder? temporary;

    private ComparedBundle(string path, SceneEncoder encoder, LockedTemporaryFolder? temporary) => (Path, Encoder, this.temporary) = (path, encoder, temporary);

    /// <summary>The bundle's folder or the checkpoint's file, as it was given.</summary>
    public string Path { get; }

    public SceneEncoder Encoder { get; }

    public ModelManifest Model => Encoder.Model;

    public bool IsCheckpoint => temporary is not null;

    /// <summary>Where the bundle of a checkpoint lies until this object is disposed of; null for a bundle that is there.</summary>
    internal string? TemporaryFolder => temporary?.FullPath;

    /// <summary>What messages call it.</summary>
    public string Title => IsCheckpoint ? System.IO.Path.GetFileName(Path) : Model.ModelId;

    /// <summary>The part of the model id that tells the weights: the same for every precision.</summary>
    public string WeightsHash => Model.ModelId[^Math.Min(HashDigits, Model.ModelId.Length)..];

    /// <exception cref="ExportException">There is no bundle in the folder.</exception>
    /// <exception cref="ModelException">The bundle is damaged or cannot be run.</exception>
    public static async Task<ComparedBundle> OpenAsync(string folder, CancellationToken cancellation) =>
        new(folder, await OpenEncoderAsync(folder, cancellation).ConfigureAwait(false), temporary: null);

    /// <summary>Exports a checkpoint as fp32 into a temporary folder and opens that.</summary>
    /// <param name="path">A checkpoint that <see cref="BundleExporter"/> takes.</param>
    /// <param name="heads">Attention heads; null: what the file says, else <paramref name="usualHeads"/>, else width / 64.</param>
    /// <param name="usualHeads">Heads of the other bundle, null where it does not say.</param>
    /// <exception cref="ExportException">It is no checkpoint of this model.</exception>
    /// <exception cref="CheckpointException">It cannot be read.</exception>
    /// <exception cref="IOException">No temporary folder can be made, or it is full.</exception>
    public static async Task<ComparedBundle> ExportAsync(
        string path, int? heads, int? usualHeads, IProgress<ExportProgress> progress, CancellationToken cancellation)
    {
        // What cannot be taken is in use, or another user's.
        LockedTemporaryFolder.RemoveStale(TemporaryPrefix, (_, _) => { });
        LockedTemporaryFolder temporary = LockedTemporaryFolder.Create(TemporaryPrefix);
        try
        {
            ExportOptions options = new()
            {
                CheckpointPath = path,
                OutputFolder = System.IO.Path.Combine(temporary.FullPath, "bundle"),
                Name = "checkpoint",
                Heads = heads ?? OwnHeads(path) ?? usualHeads,
            };
            ExportResult result = BundleExporter.Export(options, progress, cancellation);
            return new ComparedBundle(path, await OpenEncoderAsync(result.Folder, cancellation).ConfigureAwait(false), temporary);
        }
        catch
        {
            temporary.Dispose();
            throw;
        }
    }

    /// <summary>The attention heads that a bundle's model.json names; null where it does not.</summary>
    public static int? HeadsOf(string folder)
    {
        using FileStream stream = File.OpenRead(System.IO.Path.Combine(folder, BundleManifest.FileName));
        using JsonDocument manifest = JsonDocument.Parse(stream);
        return manifest.RootElement.TryGetProperty("architecture", out JsonElement architecture) && architecture.ValueKind is JsonValueKind.Object
            && architecture.TryGetProperty("heads", out JsonElement heads) && heads.ValueKind is JsonValueKind.Number && heads.TryGetInt32(out int count) ? count : null;
    }

    public async ValueTask DisposeAsync()
    {
        await Encoder.DisposeAsync().ConfigureAwait(false);
        temporary?.Dispose();
    }

    private static int? OwnHeads(string path)
    {
        using var checkpoint = Checkpoint.Open(path);
        return checkpoint.Heads;
    }

    private static async Task<SceneEncoder> OpenEncoderAsync(string folder, CancellationToken cancellation)
    {
        if (!File.Exists(System.IO.Path.Combine(folder, BundleManifest.FileName)))
            throw new ExportException($"{folder} holds no model bundle: there is no {BundleManifest.FileName}.");
        return await SceneEncoder.OpenAsync(new ModelOptions { Path = folder }, NullLogger<SceneEncoder>.Instance, TimeProvider.System, cancellation).ConfigureAwait(false);
    }
}
