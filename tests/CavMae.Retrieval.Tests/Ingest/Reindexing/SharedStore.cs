using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Ingest.Reindexing;
using CavMae.Retrieval.Media;
using CavMae.Retrieval.Tests.Index;
using CavMae.Retrieval.Tests.Index.Qdrant;
using CavMae.Tests.Shared;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Tests.Ingest.Reindexing;

/// <summary>The new model, loaded once for all tests of a class.</summary>
public sealed class NewModel : IAsyncLifetime
{
    private readonly RetrievalMetrics metrics = new(new MeterFactory());
    private readonly MediaDecoder decoder = new(Options.Create(new MediaOptions()), Options.Create(new SceneOptions()), NullLogger<MediaDecoder>.Instance, TimeProvider.System);
    private SceneEncoder? encoder;

    internal MediaEmbedder Embedder => new(decoder, encoder!, metrics, Options.Create(new MediaOptions()));

    internal ModelManifest Manifest => encoder!.Model;

    public async ValueTask InitializeAsync() =>
        encoder = await SceneEncoder.OpenAsync(new ModelOptions { Path = DemoBundle.Folder }, NullLogger<SceneEncoder>.Instance, TimeProvider.System, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await encoder!.DisposeAsync();
        decoder.Dispose();
        metrics.Dispose();
    }

    private sealed class MeterFactory : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
        }
    }
}

/// <summary>A store of an old model in the tests' server, a service that works on it, and a folder of media.</summary>
internal sealed class SharedStore(NewModel model) : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Random random = new(1);
    private QdrantIndex? service;

    public FakeQdrant Server { get; } = new();

    /// <summary>A service with the old model, running.</summary>
    public QdrantIndex Service => service!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Real names of the new model's collections.</summary>
    public string NewScenes => "cavmae." + Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(model.Manifest.ModelId)))[..8];

    /// <summary>Clips written to the new model's collections, once each time.</summary>
    public int Encoded => Server.Requests.Count(request => request.Operation == "PUT points" && request.Collection == NewScenes);

    /// <summary>Requests that changed aliases.</summary>
    public IEnumerable<FakeRequest> AliasChanges => Server.Requests.Where(request => request is { Method: "POST", Path: "/collections/aliases" });

    public static async Task<SharedStore> CreateAsync(NewModel model, params string[] clips)
    {
        SharedStore store = new(model);
        store.service = await store.OpenAsync(TestClips.ModelId, TestClips.Dimension);
        foreach (string id in clips)
            await store.TakeAsync(id);
        return store;
    }

    /// <summary>The service takes a clip: half a second of a tone of its own.</summary>
    public async Task TakeAsync(string id, bool withMedia = true)
    {
        byte[] sound = Tone(220 + (20 * random.Next(40)), random.Next());
        string sha256 = Convert.ToHexStringLower(SHA256.HashData(sound)), path = MediaPath(sha256);
        if (withMedia)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(path, sound, Cancellation);
        }
        SceneEmbedding[] scenes = [TestClips.Scene(0, TestClips.UnitVector(random), null)];
        await Service.UpsertAsync(TestClips.Record(id, scenes, ["tag"], sha256), scenes, Cancellation);
    }

    public string MediaPath(string sha256) => Path.Combine(folder.FullPath, sha256[..2], sha256);

    public Task<QdrantIndex> OpenAsync(string modelId, int dimension) => QdrantIndex.OpenAsync(Options(), modelId, dimension, cancellationToken: Cancellation);

    public Task<QdrantIndex> OpenNewAsync() => OpenAsync(model.Manifest.ModelId, model.Manifest.Dimension);

    public Task<QdrantStoreChange> OpenChangeAsync(string? modelId = null) =>
        QdrantStoreChange.OpenAsync(Options(), modelId ?? model.Manifest.ModelId, model.Manifest.Dimension, NullLoggerFactory.Instance, TimeProvider.System, Cancellation);

    public async Task<ReindexResult> ReindexAsync(bool leaveOut = false, Action<ClipRecord>? report = null, CancellationToken? cancellation = null)
    {
        await using QdrantStoreChange change = await OpenChangeAsync();
        Assert.Equal(StoreChangeStage.Filling, change.Stage);
        return await Reindexer(change).RunAsync(await change.ReadOldAsync(Cancellation), 2, leaveOut, report, cancellation ?? Cancellation);
    }

    public async Task<(int Added, ReindexResult Result)> FinishAsync(bool leaveOut = false)
    {
        await using QdrantStoreChange change = await OpenChangeAsync();
        Assert.Equal(StoreChangeStage.Swapped, change.Stage);
        return await Reindexer(change).FinishAsync(2, leaveOut, null, Cancellation);
    }

    public SharedStoreReindexer Reindexer(QdrantStoreChange change) => new(model.Embedder, change, model.Manifest.ModelId, folder.FullPath);

    public static async Task<string[]> IdsAsync(ISceneIndex index) => [.. (await index.ListAllAsync(ClipFilter.None, Cancellation).ToListAsync(Cancellation)).Select(clip => clip.Id)];

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        Server.Dispose();
        folder.Dispose();
        Assert.True(Server.Violations.IsEmpty, string.Join('\n', Server.Violations));
    }

    private QdrantIndexOptions Options() => new() { Url = Server.Url, Retries = 0 };

    /// <summary>Mono, 16 kHz, 16 bit, as a WAV file; the seed makes the content one of its own.</summary>
    private static byte[] Tone(double hertz, int seed)
    {
        const int rate = 16_000, samples = rate / 2, bytes = 2 * samples;
        Random noise = new(seed);
        using MemoryStream file = new();
        using BinaryWriter writer = new(file);
        writer.Write("RIFF"u8);
        writer.Write(36 + bytes);
        writer.Write("WAVEfmt "u8);
        writer.Write(16);
        writer.Write((short)1);
        writer.Write((short)1);
        writer.Write(rate);
        writer.Write(2 * rate);
        writer.Write((short)2);
        writer.Write((short)16);
        writer.Write("data"u8);
        writer.Write(bytes);
        for (int i = 0; i < samples; i++)
            writer.Write((short)((8000 * Math.Sin(2 * Math.PI * hertz * i / rate)) + noise.Next(-500, 500)));
        return file.ToArray();
    }
}
