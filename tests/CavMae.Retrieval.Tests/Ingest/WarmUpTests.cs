using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Ingest;
using CavMae.Retrieval.Media;
using CavMae.Retrieval.Tests.Support;
using CavMae.Tests.Shared;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Tests.Ingest;

public sealed class WarmUpTests : IAsyncLifetime
{
    private readonly TemporaryFolder temporary = new();
    private readonly WarningCounter warnings = new();
    private readonly RetrievalMetrics metrics = new(new PlainMeterFactory());
    private readonly MediaDecoder decoder = new(Options.Create(new MediaOptions()), Options.Create(new SceneOptions()), NullLogger<MediaDecoder>.Instance, TimeProvider.System);
    private DataFolder? folder;
    private SceneEncoder? encoder;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        folder = DataFolder.Open(temporary.File("data"));
        encoder = await SceneEncoder.OpenAsync(new ModelOptions { Path = DemoBundle.Folder }, NullLogger<SceneEncoder>.Instance, TimeProvider.System, Token);
    }

    public async ValueTask DisposeAsync()
    {
        await encoder!.DisposeAsync();
        folder!.Dispose();
        decoder.Dispose();
        metrics.Dispose();
        temporary.Dispose();
    }

    [Fact]
    public async Task RunAsync_NewService_EmbedsSoundAndPictureAndLeavesNothingBehind()
    {
        Assert.Equal(2, await RunAsync());

        Assert.Equal(0, warnings.Count);
        Assert.Empty(Directory.GetFiles(folder!.IncomingFolder));
    }

    [Fact]
    public async Task RunAsync_UploadsCannotBeWritten_SaysSoAndReturns()
    {
        Directory.Delete(folder!.IncomingFolder, recursive: true);

        Assert.Equal(0, await RunAsync());

        Assert.Equal(1, warnings.Count);
    }

    private Task<int> RunAsync()
    {
        IOptions<MediaOptions> options = Options.Create(new MediaOptions());
        MediaStore media = new(folder!, options);
        return new WarmUp(media, new MediaEmbedder(decoder, encoder!, metrics, options), warnings).RunAsync(Token);
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
