using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Ingest;
using CavMae.Retrieval.Ingest.Jobs;
using CavMae.Retrieval.Ingest.Reindexing;
using CavMae.Retrieval.Media;
using CavMae.Retrieval.Search;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval;

public static class ServiceCollectionExtensions
{
    /// <summary>Adds the whole way from media to answers, its options bound from the sections <c>Media</c>, <c>Scenes</c>, <c>Model</c>, <c>Index</c> and <c>Ingest</c>.</summary>
    /// <remarks>Call <see cref="RetrievalStartup.OpenAsync"/> before the first use.</remarks>
    public static IServiceCollection AddCavMaeRetrieval(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddValidatedOptions<MediaOptions>(configuration, MediaOptions.Section);
        services.AddValidatedOptions<SceneOptions>(configuration, SceneOptions.Section);
        services.AddValidatedOptions<ModelOptions>(configuration, ModelOptions.Section);
        services.AddValidatedOptions<IndexOptions>(configuration, IndexOptions.Section);
        services.AddValidatedOptions<IngestOptions>(configuration, IngestOptions.Section);
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddSingleton<RetrievalMetrics>();
        services.AddSingleton<RetrievalStartup>();
        services.AddSingleton(provider => provider.GetRequiredService<RetrievalStartup>().Folder);
        services.AddSingleton(provider => provider.GetRequiredService<RetrievalStartup>().Encoder);
        services.AddSingleton(provider => provider.GetRequiredService<RetrievalStartup>().Index);
        services.AddSingleton<MediaDecoder>();
        services.AddSingleton<MediaEmbedder>();
        services.AddSingleton<MediaStore>();
        services.AddSingleton<MediaChanges>();
        services.AddSingleton<ClipIngestor>();
        services.AddSingleton<JobStore>();
        services.AddSingleton<JobWorkers>();
        services.AddSingleton<ClipIntake>();
        services.AddSingleton<WarmUp>();
        services.AddSingleton<SearchService>();
        return services;
    }

    /// <summary>Binds an options class; unknown keys and values out of range stop the start with a message that names them.</summary>
    public static IServiceCollection AddValidatedOptions<TOptions>(this IServiceCollection services, IConfiguration configuration, string section)
        where TOptions : class
    {
        services.AddOptions<TOptions>()
            .Bind(configuration.GetSection(section), binder => binder.ErrorOnUnknownConfiguration = true)
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<TOptions>>(new OptionsValidator<TOptions>(section));
        return services;
    }
}

/// <summary>
/// Opens what takes time and can fail, in the order in which it is needed: ffmpeg, the model, the data folder, the store. Owns them and closes
/// them in the opposite order.
/// </summary>
public sealed class RetrievalStartup(IOptions<ModelOptions> model, IOptions<IndexOptions> index, RetrievalMetrics metrics, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    private SceneEncoder? encoder;
    private DataFolder? folder;
    private ISceneIndex? sceneIndex;
    private IndexCounts lastCounts = new(0, 0);

    public SceneEncoder Encoder => encoder ?? throw NotOpen();
    public DataFolder Folder => folder ?? throw NotOpen();
    public ISceneIndex Index => sceneIndex ?? throw NotOpen();

    /// <exception cref="ModelException">The model cannot be served.</exception>
    /// <exception cref="StoreInUseException">Another process works on the data folder.</exception>
    /// <exception cref="ModelMismatchException">The store belongs to another model.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot be read.</exception>
    /// <exception cref="OptionsValidationException">An option is out of range.</exception>
    public async Task OpenAsync(IServiceProvider services, CancellationToken cancellationToken = default)
    {
        await services.GetRequiredService<MediaDecoder>().GetVersionAsync(cancellationToken).ConfigureAwait(false);
        // The lock comes before the model: a second process is told so at once.
        folder = DataFolder.Open(index.Value.Embedded.Path, time);
        encoder = await LoadModelAsync(cancellationToken).ConfigureAwait(false);
        if (index.Value.Kind is IndexKind.Embedded)
        {
            await new StoreSwap(folder, encoder.Model, services.GetRequiredService<MediaEmbedder>(), services.GetRequiredService<MediaChanges>(), loggers.CreateLogger<StoreSwap>())
                .RunAsync(services.GetRequiredService<IOptions<MediaOptions>>().Value.Parallelism, cancellationToken).ConfigureAwait(false);
        }
        sceneIndex = await OpenIndexAsync(folder, encoder.Model, cancellationToken).ConfigureAwait(false);
        try
        {
            await services.GetRequiredService<MediaChanges>().SweepAsync(sceneIndex, cancellationToken).ConfigureAwait(false);
            await WarmUpSearchAsync(encoder.Model.Dimension, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException) when (index.Value.Kind is not IndexKind.Embedded)
        {
            // A server that is down now may come up later, which the store has logged; what was to be swept stays for the next start.
        }
        metrics.ObserveModel(encoder.Model, encoder.Provider);
        metrics.ObserveQueueDepth(() => encoder.AudioQueueDepth, () => encoder.VisualQueueDepth);
        MediaEmbedder embedder = services.GetRequiredService<MediaEmbedder>();
        metrics.ObserveFiles(() => embedder.FilesUnderWay);
        metrics.ObserveStore(CountStore);
    }

    /// <summary>Opens ffmpeg and the model alone, so that media can be encoded beside a process that works on the data folder.</summary>
    /// <exception cref="ModelException">The model cannot be served.</exception>
    public async Task OpenEncoderAsync(IServiceProvider services, CancellationToken cancellationToken = default)
    {
        await services.GetRequiredService<MediaDecoder>().GetVersionAsync(cancellationToken).ConfigureAwait(false);
        encoder = await LoadModelAsync(cancellationToken).ConfigureAwait(false);
    }

    private Task<SceneEncoder> LoadModelAsync(CancellationToken cancellationToken) => SceneEncoder.OpenAsync(model.Value, loggers.CreateLogger<SceneEncoder>(), time, cancellationToken);

    private async Task<ISceneIndex> OpenIndexAsync(DataFolder dataFolder, ModelManifest manifest, CancellationToken cancellationToken) => index.Value.Kind switch
    {
        IndexKind.Qdrant => await QdrantIndex.OpenAsync(index.Value.Qdrant, manifest.ModelId, manifest.Dimension, loggers.CreateLogger<QdrantIndex>(), time, cancellationToken).ConfigureAwait(false),
        _ => await EmbeddedIndex.OpenAsync(dataFolder, manifest.ModelId, manifest.Dimension, loggers.CreateLogger<EmbeddedIndex>(), time, cancellationToken).ConfigureAwait(false),
    };

    /// <summary>A store that does not answer leaves the last figures standing: that it is down is told elsewhere.</summary>
    private IndexCounts CountStore()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), time);
        try
        {
            lastCounts = Index.CountAsync(limit.Token).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is StoreUnavailableException or OperationCanceledException)
        {
        }
        return lastCounts;
    }

    /// <summary>One search that finds what it finds: the code is compiled before the first client waits for it.</summary>
    private async Task WarmUpSearchAsync(int dimension, CancellationToken cancellationToken)
    {
        float[] unit = new float[dimension];
        unit[0] = 1;
        await Index.SearchAsync(new IndexQuery { Scenes = [new SceneEmbedding(0, TimeSpan.Zero, TimeSpan.Zero, unit, unit)], Pairings = Pairings.All }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (encoder is not null)
            await encoder.DisposeAsync().ConfigureAwait(false);
        if (sceneIndex is not null)
            await sceneIndex.DisposeAsync().ConfigureAwait(false);
        folder?.Dispose();
    }

    private static InvalidOperationException NotOpen() => new($"{nameof(RetrievalStartup)}.{nameof(OpenAsync)} has not been called.");
}
