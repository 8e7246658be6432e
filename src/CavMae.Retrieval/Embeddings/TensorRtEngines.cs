using System.Security.Cryptography;
using System.Text;

namespace CavMae.Retrieval.Embeddings;

/// <summary>
/// Where TensorRT keeps what it built. It names engines after the graph's structure, not its weights, so two models of one size would take
/// each other's: every bundle gets a folder of its own, named after its id and the bytes of its files.
/// </summary>
internal static class TensorRtEngines
{
    private const int HashDigits = 12;

    /// <summary>The bundle's folder below the cache; made if it is missing.</summary>
    /// <exception cref="ModelException">It cannot be made.</exception>
    public static string FolderFor(string cache, ModelManifest model)
    {
        string files = string.Concat(model.Files.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => $"{file.Key}\n{file.Value}\n"));
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(files)));
        string folder = Path.GetFullPath(Path.Combine(cache, $"{model.ModelId}-{hash[..HashDigits]}"));
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"Model:Gpu:TensorRtEngineCache is '{cache}', where no folder can be made: {e.Message}", e);
        }
        return folder;
    }
}
