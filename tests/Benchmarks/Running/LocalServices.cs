using CavMae.Retrieval;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace CavMae.Benchmarks.Running;

/// <summary>The library's services in this process, opened on a bundle and an empty data folder, with the options the service starts with.</summary>
internal static class LocalServices
{
    public static async Task<ServiceProvider> OpenAsync(Workspace workspace, Bundle bundle, CancellationToken cancellationToken)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            [$"{ModelOptions.Section}:{nameof(ModelOptions.Path)}"] = bundle.Folder,
            [$"{IndexOptions.Section}:{nameof(IndexOptions.Embedded)}:{nameof(EmbeddedIndexOptions.Path)}"] = workspace.NewFolder("data"),
        }).Build();
        ServiceProvider services = new ServiceCollection().AddLogging().AddCavMaeRetrieval(configuration).BuildServiceProvider();
        try
        {
            await services.GetRequiredService<RetrievalStartup>().OpenAsync(services, cancellationToken);
            return services;
        }
        catch
        {
            await services.DisposeAsync();
            throw;
        }
    }
}
