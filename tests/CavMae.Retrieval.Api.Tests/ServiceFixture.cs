using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Api.Tests;

/// <summary>One running service with an empty store for a test class, with small limits so that a test can go over them.</summary>
public sealed class ServiceFixture : IAsyncLifetime
{
    public const long MaxUploadBytes = 20_000_000;

    private readonly TemporaryFolder folder = new();
    private ServiceProcess? service;

    internal ServiceProcess Service => service!;

    public HttpClient Client => Service.Client;

    public string DataFolder => folder.File("data");

    public async ValueTask InitializeAsync() => service = await ServiceProcess.StartAsync(DataFolder,
        ("Media__MaxUploadBytes", MaxUploadBytes.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        ("Media__MaxDuration", "00:01:00"),
        ("Media__MaxPixels", "4000000"),
        ("Media__MaxStreams", "4"));

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        folder.Dispose();
    }

    /// <summary>Names of all files under the data folder that hold uploads or media.</summary>
    internal string[] MediaFiles() => [.. ((string[])["media", "incoming"]).SelectMany(name =>
        Directory.EnumerateFiles(Path.Combine(DataFolder, name), "*", SearchOption.AllDirectories)).Order(StringComparer.Ordinal)];

    /// <summary>ffmpeg and ffprobe processes that the service started and that still run.</summary>
    internal int CountDecoders() => Processes.CountDecoders(Service.Id);
}
