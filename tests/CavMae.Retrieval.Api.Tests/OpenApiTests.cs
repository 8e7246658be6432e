using CavMae.Tests.Shared;

namespace CavMae.Retrieval.Api.Tests;

/// <summary>The OpenAPI document is part of the interface: a change of it is a change to look at.</summary>
public sealed class OpenApiTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private static readonly string Snapshot = Path.Combine(Fixtures.RepositoryRoot, "tests", "CavMae.Retrieval.Api.Tests", "openapi.v1.json");

    /// <summary>Set UPDATE_SNAPSHOTS=1 to write the file anew, then read the difference.</summary>
    [Fact]
    public async Task Document_IsTheOneOnRecord()
    {
        string actual = Normalise(await fixture.Client.GetStringAsync(new Uri("swagger/v1/swagger.json", UriKind.Relative), TestContext.Current.CancellationToken));
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
            await File.WriteAllTextAsync(Snapshot, actual, TestContext.Current.CancellationToken);
        Assert.Equal(Normalise(await File.ReadAllTextAsync(Snapshot, TestContext.Current.CancellationToken)), actual);
    }

    [Fact]
    public async Task SwaggerUi_IsServed()
    {
        string page = await fixture.Client.GetStringAsync(new Uri("swagger/index.html", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains("CavMae.Retrieval", page, StringComparison.Ordinal);
    }

    private static string Normalise(string text) => text.ReplaceLineEndings("\n").TrimEnd() + "\n";
}
