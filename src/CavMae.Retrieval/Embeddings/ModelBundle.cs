using System.Security.Cryptography;
using System.Text.Json;
using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Embeddings;

/// <summary>A verified model bundle on disk: a manifest this version can serve, and files whose bytes are those the manifest names.</summary>
public sealed class ModelBundle
{
    public const string ManifestFile = "model.json";
    public const string AudioFile = "audio.onnx";
    public const string VisualFile = "visual.onnx";

    private ModelBundle(string folder, ModelManifest manifest)
    {
        Folder = folder;
        Manifest = manifest;
    }

    public string Folder { get; }
    public ModelManifest Manifest { get; }

    /// <summary>Where an encoder's graph lies. For a GPU a bundle may hold one of its own (<c>audio.gpu.onnx</c>), which is then taken.</summary>
    internal string GraphPath(string file, bool isGpu)
    {
        string forGpu = Path.ChangeExtension(file, ".gpu.onnx");
        return Path.Combine(Folder, isGpu && Manifest.Files.ContainsKey(forGpu) ? forGpu : file);
    }

    /// <summary>Reads the manifest and checks sizes and hashes (about half a second for each GB of weights).</summary>
    /// <exception cref="ModelException">No bundle, an unreadable manifest, sizes this service does not serve, or a file that is missing or changed.</exception>
    public static async Task<ModelBundle> OpenAsync(string folder, CancellationToken cancellationToken = default)
    {
        string manifestPath = Path.Combine(folder, ManifestFile);
        if (!File.Exists(manifestPath))
            throw new ModelException($"There is no model bundle in '{Path.GetFullPath(folder)}' ({ManifestFile} is missing). Set Model:Path to the folder of an exported bundle.");
        ModelManifest manifest = await ReadManifestAsync(manifestPath, cancellationToken).ConfigureAwait(false);
        CheckSizes(manifest);
        foreach (string required in (string[])[AudioFile, VisualFile])
            if (!manifest.Files.ContainsKey(required))
                throw new ModelException($"{ManifestFile} of model '{manifest.ModelId}' names no '{required}'; export the bundle again.");
        foreach ((string name, string expected) in manifest.Files)
            await CheckFileAsync(folder, name, expected, cancellationToken).ConfigureAwait(false);
        return new ModelBundle(folder, manifest);
    }

    private static async Task<ModelManifest> ReadManifestAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await using FileStream stream = File.OpenRead(path);
            return await JsonSerializer.DeserializeAsync(stream, ModelManifestJson.Default.ModelManifest, cancellationToken).ConfigureAwait(false)
                ?? throw new ModelException($"'{path}' holds no manifest.");
        }
        catch (JsonException e)
        {
            throw new ModelException($"'{path}' is not a model manifest: {e.Message}", e);
        }
    }

    private static void CheckSizes(ModelManifest manifest)
    {
        Check("formatVersion", manifest.FormatVersion, ModelManifest.SupportedFormatVersion);
        Check("sampleRateHz", manifest.SampleRateHz, PcmAudio.SampleRateHz);
        Check("maxSamples", manifest.MaxSamples, PcmAudio.MaxSamples);
        Check("minSamples", manifest.MinSamples, PcmAudio.MinSamples);
        Check("sceneSeconds", manifest.SceneSeconds, SceneOptions.Length.TotalSeconds);
        Check("frameSide", manifest.FrameSide, RgbFrame.Side);
        if (manifest.Dimension is < 1 or > 65536)
            throw new ModelException($"{ManifestFile}: dimension is {manifest.Dimension}; 1 to 65536 can be served.");

        static void Check<T>(string key, T value, T expected) where T : IEquatable<T>
        {
            if (!value.Equals(expected))
                throw new ModelException($"{ManifestFile}: {key} is {value}; this service serves {expected}.");
        }
    }

    private static async Task CheckFileAsync(string folder, string name, string expected, CancellationToken cancellationToken)
    {
        if (Path.GetFileName(name) != name)
            throw new ModelException($"{ManifestFile} names '{name}', which is not a plain file name.");
        string path = Path.Combine(folder, name);
        if (!File.Exists(path))
            throw new ModelException($"'{name}' is missing from the model bundle in '{Path.GetFullPath(folder)}'; export it again.");
        await using FileStream stream = File.OpenRead(path);
        string actual = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
        if (!actual.Equals(expected, StringComparison.OrdinalIgnoreCase))
            throw new ModelException($"'{name}' of the model bundle is damaged or changed: its SHA-256 is {actual}, {ManifestFile} says {expected}. Export the bundle again.");
    }
}
