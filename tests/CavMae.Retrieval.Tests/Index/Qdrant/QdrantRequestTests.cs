using System.Text.Json;
using System.Text.Json.Nodes;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Tests.Index.Qdrant;

/// <summary>Every request this project can send, with every option that shows in one, against Qdrant's OpenAPI document; and that this check finds faults.</summary>
public sealed class QdrantRequestTests : IDisposable
{
    private static readonly string[] AllOperations =
    [
        "GET ", "PUT ", "POST ", "PUT index", "PUT points", "POST points", "POST points/delete", "POST points/scroll", "POST points/count", "POST points/query/batch", "POST points/query/groups",
    ];

    private readonly FakeQdrant server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => server.Dispose();

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task AnyCall_EveryOption_PublishedContractAllowsEachRequest(bool exact, bool quantized)
    {
        var contract = OpenApiContract.RequirePublished();
        var options = new QdrantIndexOptions
        {
            Url = server.Url,
            ExactSearch = exact,
            Int8Quantization = quantized,
            OnDiskVectors = quantized,
            ShardNumber = quantized ? 3 : null,
            ReplicationFactor = 2,
            WriteConsistencyFactor = 2,
            ReadConsistency = quantized ? QdrantReadConsistency.Majority : exact ? QdrantReadConsistency.Quorum : QdrantReadConsistency.All,
        };
        await ExerciseAsync(options);

        Assert.True(server.Violations.IsEmpty, string.Join('\n', server.Violations));
        Assert.Equal(AllOperations.Order(), server.Requests.Select(request => request.Operation).Distinct().Order());
        foreach (var request in server.Requests)
            Assert.Empty(contract.Check(request.Method, request.Path, request.Query, request.Body is null ? null : JsonElement.Parse(request.Body.ToJsonString())));
    }

    [Theory]
    [InlineData("POST", "/collections/c/points/scrol", "", "{}")]
    [InlineData("DELETE", "/collections/c/points", "", "{}")]
    [InlineData("POST", "/collections/c/points/count", "consistency=most", "{}")]
    [InlineData("POST", "/collections/c/points/count", "consistent=all", "{}")]
    [InlineData("POST", "/collections/c/points/count", "", """{"filter": {"must": [{"key": "a", "matches": {"value": 1}}]}}""")]
    [InlineData("POST", "/collections/c/points/count", "", """{"filter": {"must": [{"match": {"value": 1}}]}}""")]
    [InlineData("POST", "/collections/c/points/count", "", """{"filter": {"musst": []}}""")]
    [InlineData("POST", "/collections/c/points/scroll", "", """{"limit": 0}""")]
    [InlineData("POST", "/collections/c/points/query/batch", "", """{}""")]
    [InlineData("PUT", "/collections/c/points", "wait=perhaps", """{"points": []}""")]
    [InlineData("PUT", "/collections/c/points", "", """{"points": [{"id": "no-uuid", "vector": {}}]}""")]
    [InlineData("PUT", "/collections/c/points", "", """{"points": [{"id": 1}]}""")]
    [InlineData("PUT", "/collections/c/points", "", """{"points": [], "update_mode": "replace"}""")]
    public void Check_RequestWithAFault_IsRefusedByBothContracts(string method, string path, string query, string body)
    {
        (string, string)[] parameters = query.Length == 0 ? [] : [(query.Split('=')[0], query.Split('=')[1])];
        Assert.NotEmpty(OpenApiContract.Own.Check(method, path, parameters, JsonElement.Parse(body)));
        Assert.NotEmpty(OpenApiContract.RequirePublished().Check(method, path, parameters, JsonElement.Parse(body)));
    }

    private static async Task ExerciseAsync(QdrantIndexOptions options)
    {
        await using var index = await QdrantIndex.OpenAsync(options, TestClips.ModelId, TestClips.Dimension, cancellationToken: Cancellation);
        var random = new Random(1);
        var metadata = (JsonObject)JsonNode.Parse("""{"a": {"b": [1, 2.5, "x"]}, "when": "2026-01-02T03:04:05Z", "flag": true}""")!;
        var scenes = TestClips.Scenes(random, 4, missing: 0.2);
        await index.UpsertAsync(TestClips.Record("a", scenes, ["tag"], metadata: metadata), scenes, Cancellation);
        await index.UpsertAsync(TestClips.Record("a", scenes, ["tag"], metadata: metadata), scenes, Cancellation);
        await TestClips.AddAsync(index, "b", TestClips.Scenes(random, 1));
        var filter = new ClipFilter
        {
            Tags = ["tag"],
            Conditions =
            [
                new MetadataIsOneOf(["a", "b"], [JsonValue.Create("x"), JsonValue.Create("y"), JsonValue.Create(2.5), JsonValue.Create(true)]),
                new MetadataNumberRange(["a", "b"], new Bounds<double> { GreaterThan = 0, AtMost = 1e300 }),
                new MetadataDateRange(["when"], new Bounds<DateTimeOffset> { AtLeast = DateTimeOffset.UnixEpoch, LessThan = DateTimeOffset.MaxValue }),
            ],
        };
        var query = new IndexQuery { Scenes = TestClips.Scenes(random, 2), Pairings = Pairings.All, Filter = filter, ExcludedClipId = "b" };
        Assert.Single(await index.SearchAsync(query, Cancellation));
        Assert.NotEmpty(await index.SearchAsync(query with { Scenes = [.. query.Scenes.Take(1)], Pairings = Pairings.AudioToAudio }, Cancellation));
        Assert.Single((await index.ListAsync(filter, null, 1, Cancellation)).Items);
        var first = await index.ListAsync(ClipFilter.None, null, 1, Cancellation);
        Assert.Single((await index.ListAsync(ClipFilter.None, first.NextCursor, 1, Cancellation)).Items);
        Assert.NotNull(await index.UpdateAsync("a", new ClipChanges { Title = "new" }, Cancellation));
        Assert.NotNull(await index.FindByContentAsync("content of a", Cancellation));
        Assert.NotNull(await index.GetEmbeddingsAsync("a", Cancellation));
        await index.CountAsync(Cancellation);
        await index.CheckAsync(Cancellation);
        Assert.True(await index.DeleteAsync("a", Cancellation));
    }
}
