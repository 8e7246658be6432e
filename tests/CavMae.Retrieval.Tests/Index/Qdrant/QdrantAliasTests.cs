using System.Text.Json.Nodes;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Tests.Index.Qdrant;

/// <summary>What a store's name stands for in Qdrant: aliases of real collections, made by whichever process comes first; or plain collections of that name.</summary>
public sealed class QdrantAliasTests : IDisposable
{
    private const string OtherModel = "another-model";

    /// <summary>Bounds waits that end by themselves where all is well; generous, so that a busy machine breaks nothing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly Dictionary<string, string> FirstAliases = new() { ["cavmae"] = "cavmae.first", ["cavmae_clips"] = "cavmae.first_clips" };

    private readonly FakeQdrant server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        server.Dispose();
        Assert.True(server.Violations.IsEmpty, string.Join('\n', server.Violations));
    }

    [Fact]
    public async Task Open_NothingOfTheName_MakesCollectionsAndBothAliasesInOneRequest()
    {
        await using var index = await OpenAsync();
        await TestClips.AddAsync(index, "a", TestClips.Scenes(new Random(1), 2));

        Assert.Equal(["cavmae.first", "cavmae.first_clips"], server.Collections);
        Assert.Equal(FirstAliases, server.Aliases);
        Assert.Single(server.Requests, IsAliasChange);
        await using var later = await OpenAsync();
        Assert.Equal(new IndexCounts(1, 2), await later.CountAsync(Cancellation));
        Assert.Single(server.Requests, IsAliasChange);
    }

    /// <summary>The slower one is about to do a step when the other one does all of it.</summary>
    [Theory]
    [InlineData("PUT ", TestClips.ModelId)]
    [InlineData("POST ", TestClips.ModelId)]
    [InlineData("PUT ", OtherModel)]
    [InlineData("POST ", OtherModel)]
    public async Task Open_TwoProcessesAtOnce_ShareTheStoreOrTheOtherModelIsRefused(string heldOperation, string otherModel)
    {
        var (arrived, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        server.Faults = request => request.Operation == heldOperation && arrived.TrySetResult() ? new Fault(FaultKind.Held, Until: release.Task) : null;
        var slower = OpenAsync();
        await arrived.Task.WaitAsync(Patience, Cancellation);
        // With the first collection made, the store is the slower one's; with none, the faster one's.
        var isSlowerFirst = heldOperation == "POST ";
        if (otherModel == OtherModel && isSlowerFirst)
        {
            Assert.Equal(TestClips.ModelId, (await Assert.ThrowsAsync<ModelMismatchException>(() => OpenAsync(otherModel))).StoreModelId);
            release.SetResult();
            await using var alone = await slower;
            await TestClips.AddAsync(alone, "a", []);
        }
        else
        {
            await using var faster = await OpenAsync(otherModel);
            release.SetResult();
            if (otherModel == OtherModel)
            {
                Assert.Equal(OtherModel, (await Assert.ThrowsAsync<ModelMismatchException>(() => slower)).StoreModelId);
            }
            else
            {
                await using var both = await slower;
                await TestClips.AddAsync(both, "a", []);
                Assert.NotNull(await faster.GetAsync("a", Cancellation));
            }
        }
        Assert.Equal(FirstAliases, server.Aliases);
        Assert.Equal(["cavmae.first", "cavmae.first_clips"], server.Collections);
    }

    [Fact]
    public async Task Open_PlainCollections_GoesOnWithThem()
    {
        using (var http = new HttpClient())
        {
            // As versions before aliases made them.
            await using (await OpenAsync())
            {
            }
            var made = server.Requests.Where(request => request.Operation == "PUT ").ToDictionary(request => request.Collection, request => request.Body!.ToJsonString());
            server.Clear();
            foreach (var (name, body) in made)
                (await http.PutAsync(new Uri($"{server.Url}/collections/{name.Replace(".first", "", StringComparison.Ordinal)}"), new StringContent(body), Cancellation)).EnsureSuccessStatusCode();
        }
        await using var index = await OpenAsync();
        await TestClips.AddAsync(index, "a", TestClips.Scenes(new Random(1), 2));

        Assert.Equal(["cavmae", "cavmae_clips"], server.Collections);
        Assert.Empty(server.Aliases);
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => QdrantStoreChange.OpenAsync(Options(), OtherModel, 8, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance, TimeProvider.System, Cancellation));
        Assert.Contains("cavmae export-index", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["cavmae", "cavmae_clips"], server.Collections);
    }

    [Fact]
    public async Task AnyCall_OneAliasOfTheTwo_IsUnavailableAndNamesIt()
    {
        await using (await OpenAsync())
        {
        }
        await ChangeAliasesAsync("""{"actions": [{"delete_alias": {"alias_name": "cavmae"}}]}""");

        await using var index = await OpenAsync();

        var exception = await Assert.ThrowsAsync<StoreUnavailableException>(() => index.CountAsync(Cancellation));
        Assert.Contains("only 'cavmae_clips'", exception.Message, StringComparison.Ordinal);
        await ChangeAliasesAsync("""{"actions": [{"create_alias": {"alias_name": "cavmae", "collection_name": "cavmae.first"}}]}""");
        Assert.Equal(new IndexCounts(0, 0), await index.CountAsync(Cancellation));
    }

    /// <summary>The tests' server does as Qdrant says of itself.</summary>
    [Theory]
    [InlineData("""{"actions": [{"create_alias": {"alias_name": "new", "collection_name": "b"}}, {"create_alias": {"alias_name": "a", "collection_name": "b"}}]}""")]
    [InlineData("""{"actions": [{"delete_alias": {"alias_name": "old"}}, {"create_alias": {"alias_name": "new", "collection_name": "c"}}]}""")]
    public void FakeChange_OneActionIsRefused_NoneIsApplied(string actions)
    {
        var aliases = new FakeAliases();
        string[] collections = ["a", "b"];
        aliases.Change(JsonNode.Parse("""{"actions": [{"create_alias": {"alias_name": "old", "collection_name": "a"}}]}""")!, collections.Contains);

        Assert.Throws<FakeRefusalException>(() => aliases.Change(JsonNode.Parse(actions)!, collections.Contains));

        Assert.Equal(new Dictionary<string, string> { ["old"] = "a" }, aliases.Targets);
    }

    private static bool IsAliasChange(FakeRequest request) => request is { Method: "POST", Path: "/collections/aliases" };

    private async Task ChangeAliasesAsync(string actions)
    {
        using var http = new HttpClient();
        (await http.PostAsync(new Uri(server.Url + "/collections/aliases"), new StringContent(actions), Cancellation)).EnsureSuccessStatusCode();
    }

    private QdrantIndexOptions Options() => new() { Url = server.Url, Retries = 0 };

    private Task<QdrantIndex> OpenAsync(string modelId = TestClips.ModelId) => QdrantIndex.OpenAsync(Options(), modelId, TestClips.Dimension, cancellationToken: Cancellation);
}
