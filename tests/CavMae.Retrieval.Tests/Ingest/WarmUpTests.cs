using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Ingest;
using CavMae.Retrieval.Media;
using CavMae.Tests.Shared;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CavMae.Retrieval.Tests.Ingest;

public sealed class WarmUpTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_NewService_EmbedsSoundAndPictureAndLeavesNothingBehind()
    {
        using TemporaryFolder folder = new();
        WarningCounter warnings = new();
        await using ServiceProvider services = await OpenAsync(folder, warnings);

        await services.GetRequiredService<WarmUp>().RunAsync(Token);

        Assert.Equal(0, warnings.Count);
        Assert.Equal(0, services.GetRequiredService<MediaEmbedder>().FilesUnderWay);
        Assert.Empty(Directory.GetFiles(services.GetRequiredService<DataFolder>().IncomingFolder));
        Assert.Equal(0, (await services.GetRequiredService<ISceneIndex>().CountAsync(Token)).Clips);
    }

    [Fact]
    public async Task RunAsync_UploadsCannotBeWritten_SaysSoAndReturns()
    {
        using TemporaryFolder folder = new();
        WarningCounter warnings = new();
        await using ServiceProvider services = await OpenAsync(folder, warnings);
        Directory.Delete(services.GetRequiredService<DataFolder>().IncomingFolder, recursive: true);

        await services.GetRequiredService<WarmUp>().RunAsync(Token);

        Assert.Equal(1, warnings.Count);
    }

    private static async Task<ServiceProvider> OpenAsync(TemporaryFolder folder, WarningCounter warnings)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            [$"{ModelOptions.Section}:{nameof(ModelOptions.Path)}"] = DemoBundle.Folder,
            [$"{IndexOptions.Section}:{nameof(IndexOptions.Embedded)}:{nameof(EmbeddedIndexOptions.Path)}"] = folder.File("data"),
        }).Build();
        ServiceProvider services = new ServiceCollection().AddLogging().AddSingleton<ILogger<WarmUp>>(warnings).AddCavMaeRetrieval(configuration).BuildServiceProvider();
        await services.GetRequiredService<RetrievalStartup>().OpenAsync(services, Token);
        return services;
    }

    private sealed class WarningCounter : ILogger<WarmUp>
    {
        public int Count { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Count += logLevel >= LogLevel.Warning ? 1 : 0;
    }
}
