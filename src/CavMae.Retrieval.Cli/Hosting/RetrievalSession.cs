using System.CommandLine;
using System.Globalization;
using CavMae.Retrieval.Cli.Commands;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Cli.Hosting;

/// <summary>The library's services, open for one command: options read, model loaded, data folder taken.</summary>
internal sealed class RetrievalSession : IAsyncDisposable
{
    private const string SettingsFile = "appsettings.json";
    private readonly ServiceProvider services;

    private RetrievalSession(ServiceProvider services) => this.services = services;

    public IServiceProvider Services => services;

    /// <param name="parsed">The command line; its common options go before the settings.</param>
    /// <param name="mustExist">Whether a data folder that is not there is an error; otherwise it is made.</param>
    /// <param name="cancellationToken">Stops opening.</param>
    /// <param name="ownDataFolder">A folder of the command's own, with an embedded store in it whatever the settings say; null: the folder of the settings.</param>
    /// <exception cref="StoreInUseException">The service, or another command, works on the data folder.</exception>
    /// <exception cref="StartException">A setting or ffmpeg stands in the way.</exception>
    /// <remarks>And what <see cref="RetrievalStartup.OpenAsync"/> throws.</remarks>
    public static Task<RetrievalSession> OpenAsync(ParseResult parsed, bool mustExist, CancellationToken cancellationToken, string? ownDataFolder = null) =>
        OpenWithAsync(parsed, mustExist, ownDataFolder, (startup, services) => startup.OpenAsync(services, cancellationToken));

    /// <summary>The model and the media alone: the data folder must exist and is not taken, so that a service may work on it, and no store is opened.</summary>
    /// <exception cref="StartException">A setting or ffmpeg stands in the way, or there is no data folder.</exception>
    /// <remarks>And what <see cref="RetrievalStartup.OpenEncoderAsync"/> throws.</remarks>
    public static Task<RetrievalSession> OpenEncoderAsync(ParseResult parsed, CancellationToken cancellationToken) =>
        OpenWithAsync(parsed, mustExist: true, null, (startup, services) => startup.OpenEncoderAsync(services, cancellationToken));

    private static async Task<RetrievalSession> OpenWithAsync(ParseResult parsed, bool mustExist, string? ownDataFolder, Func<RetrievalStartup, IServiceProvider, Task> open)
    {
        IServiceCollection collection = new ServiceCollection()
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning).AddProvider(new ErrorStreamLogger(parsed.InvocationConfiguration.Error)))
            .AddCavMaeRetrieval(ReadConfiguration(parsed, ownDataFolder));
        RetrievalSession session = new(collection.BuildServiceProvider());
        try
        {
            session.Services.GetService<IStartupValidator>()?.Validate();
            string folder = session.Services.GetRequiredService<IOptions<IndexOptions>>().Value.Embedded.Path;
            if (mustExist && !Directory.Exists(folder))
                throw new StartException($"There is no data folder '{Path.GetFullPath(folder)}'. Index something first (cavmae index), or name another folder with --data.");
            await open(session.Services.GetRequiredService<RetrievalStartup>(), session.Services).ConfigureAwait(false);
            return session;
        }
        catch (Exception problem)
        {
            await session.DisposeAsync().ConfigureAwait(false);
            // Unknown settings and a missing ffmpeg come as this; their messages say what to do.
            if (problem is InvalidOperationException)
                throw new StartException(problem.InnerException is { } inner ? $"{problem.Message} {inner.Message}" : problem.Message, problem);
            throw;
        }
    }

    /// <summary>The model's options alone, for a command that needs no store.</summary>
    public static ModelOptions ReadModelOptions(ParseResult parsed) => ReadOptions<ModelOptions>(parsed, ModelOptions.Section);

    /// <summary>The store's options alone, for a command that only looks at it.</summary>
    public static IndexOptions ReadIndexOptions(ParseResult parsed) => ReadOptions<IndexOptions>(parsed, IndexOptions.Section);

    private static TOptions ReadOptions<TOptions>(ParseResult parsed, string section)
        where TOptions : class
    {
        ServiceCollection collection = new();
        collection.AddValidatedOptions<TOptions>(ReadConfiguration(parsed), section);
        using ServiceProvider provider = collection.BuildServiceProvider();
        try
        {
            return provider.GetRequiredService<IOptions<TOptions>>().Value;
        }
        catch (InvalidOperationException problem)
        {
            throw new StartException(problem.InnerException is { } inner ? $"{problem.Message} {inner.Message}" : problem.Message, problem);
        }
    }

    private static IConfiguration ReadConfiguration(ParseResult parsed, string? ownDataFolder = null)
    {
        Dictionary<string, string?> overrides = [];
        if ((ownDataFolder ?? parsed.GetValue(CommonOptions.Data)) is { } data)
            overrides[$"{IndexOptions.Section}:{nameof(IndexOptions.Embedded)}:{nameof(EmbeddedIndexOptions.Path)}"] = data;
        if (ownDataFolder is not null)
            overrides[$"{IndexOptions.Section}:{nameof(IndexOptions.Kind)}"] = nameof(IndexKind.Embedded);
        if (parsed.GetValue(ParallelOption.Instance) is { } parallel)
            overrides[$"{MediaOptions.Section}:{nameof(MediaOptions.Parallelism)}"] = parallel.ToString(CultureInfo.InvariantCulture);
        if (parsed.GetValue(CommonOptions.Model) is { } model)
            overrides[$"{ModelOptions.Section}:{nameof(ModelOptions.Path)}"] = model;
        try
        {
            return new ConfigurationBuilder()
                .AddJsonFile(Path.Combine(AppContext.BaseDirectory, SettingsFile), optional: true)
                .AddJsonFile(Path.GetFullPath(SettingsFile), optional: true)
                .AddEnvironmentVariables()
                .AddInMemoryCollection(overrides)
                .Build();
        }
        catch (InvalidDataException problem)
        {
            throw new StartException($"{problem.Message} {problem.InnerException?.Message}", problem);
        }
    }

    public ValueTask DisposeAsync() => services.DisposeAsync();
}

/// <summary>A setting or a program stands in the way; the message says which.</summary>
internal sealed class StartException(string message, Exception? innerException = null) : Exception(message, innerException);
