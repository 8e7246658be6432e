using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Index.Transfer;
using CavMae.Retrieval.Ingest;
using CavMae.Retrieval.Media;
using CavMae.Retrieval.Tests.Index;
using CavMae.Tests.Shared;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Tests.Ingest;

/// <summary>A store with its data folder and media, to export from and import into.</summary>
internal sealed record TransferStore(DataFolder Folder, ISceneIndex Index, MediaStore Media) : IAsyncDisposable
{
    public MediaChanges Changes { get; } = new(Folder, Media, NullLogger<MediaChanges>.Instance);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<TransferStore> OpenAsync(TemporaryFolder folder, string name)
    {
        DataFolder data = DataFolder.Open(folder.File(name));
        EmbeddedIndex index = await EmbeddedIndex.OpenAsync(data, TestClips.ModelId, TestClips.Dimension, cancellationToken: Cancellation);
        return new TransferStore(data, index, new MediaStore(data, Options.Create(new MediaOptions())));
    }

    public Task<TransferManifest> ExportAsync(string folder, bool withMedia = false) =>
        new LibraryExporter(Index, Media, TimeProvider.System).ExportAsync(folder, TestClips.ModelId, TestClips.Dimension, withMedia, null, Cancellation);

    public Task<ImportResult> ImportAsync(string folder, bool replace = false) =>
        new LibraryImporter(Index, Media, Changes).ImportAsync(folder, TestClips.ModelId, TestClips.Dimension, replace, null, Cancellation);

    /// <summary>Makes sizes and hashes of a changed export right again: whoever changed it wants it to be taken.</summary>
    public static void Reseal(string folder)
    {
        string manifest = Path.Combine(folder, TransferManifest.FileName);
        JsonNode json = JsonNode.Parse(File.ReadAllText(manifest))!;
        json["records"] = Describe(TransferManifest.RecordsName);
        json["vectorFile"] = Describe(TransferManifest.VectorsName);
        File.WriteAllText(manifest, json.ToJsonString());

        JsonObject Describe(string name)
        {
            byte[] content = File.ReadAllBytes(Path.Combine(folder, name));
            return new JsonObject { ["sizeBytes"] = content.Length, ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(content)) };
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Index.DisposeAsync();
        Folder.Dispose();
    }
}
