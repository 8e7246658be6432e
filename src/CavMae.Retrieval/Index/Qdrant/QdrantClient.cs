using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>The operations of Qdrant's REST API that this program uses, with its types. Every write waits until it is applied.</summary>
internal sealed class QdrantClient(QdrantTransport transport, QdrantIndexOptions options)
{
    private static readonly QdrantJson Json = QdrantJson.Default;

    private readonly string consistency = options.ReadConsistency is QdrantReadConsistency.One ? "" : $"?consistency={options.ReadConsistency.ToString().ToLowerInvariant()}";

    /// <summary>Null where there is no collection (or alias) of this name.</summary>
    public Task<CollectionAnswer?> GetCollectionAsync(string collection, CancellationToken cancellationToken) =>
        transport.SendAsync(HttpMethod.Get, PathOf(collection), null, Json.QdrantAnswerCollectionAnswer, status => status is HttpStatusCode.NotFound, cancellationToken);

    /// <summary>Nothing happens where the collection is there: another process was faster.</summary>
    public Task CreateCollectionAsync(string collection, CreateCollectionRequest request, CancellationToken cancellationToken) =>
        transport.SendAsync(HttpMethod.Put, PathOf(collection), Body(request, Json.CreateCollectionRequest), Json.QdrantAnswerJsonElement,
            status => status is HttpStatusCode.Conflict, cancellationToken);

    /// <summary>Nothing happens where there is none.</summary>
    public Task DeleteCollectionAsync(string collection, CancellationToken cancellationToken) =>
        transport.SendAsync(HttpMethod.Delete, PathOf(collection), null, Json.QdrantAnswerJsonElement, status => status is HttpStatusCode.NotFound, cancellationToken);

    public async Task<AliasesAnswer> GetAliasesAsync(CancellationToken cancellationToken) =>
        (await transport.SendAsync(HttpMethod.Get, "aliases", null, Json.QdrantAnswerAliasesAnswer, null, cancellationToken).ConfigureAwait(false))!;

    public Task ChangeAliasesAsync(IReadOnlyList<AliasAction> actions, CancellationToken cancellationToken) =>
        transport.SendAsync(HttpMethod.Post, "collections/aliases", Body(new ChangeAliasesRequest(actions), Json.ChangeAliasesRequest), Json.QdrantAnswerJsonElement, null, cancellationToken);

    public Task CreateIndexAsync(string collection, CreateIndexRequest request, CancellationToken cancellationToken) =>
        ApplyAsync(HttpMethod.Put, PathOf(collection, "index") + "?wait=true", Body(request, Json.CreateIndexRequest), cancellationToken);

    public Task UpsertAsync(string collection, UpsertRequest<ScenePayload> request, CancellationToken cancellationToken) =>
        ApplyAsync(HttpMethod.Put, PathOf(collection, "points") + "?wait=true", Body(request, Json.UpsertRequestScenePayload), cancellationToken);

    /// <summary>Clips change in one order on all replicas: a condition on what is there now means the same on each.</summary>
    public Task UpsertAsync(string collection, UpsertRequest<ClipPayload> request, CancellationToken cancellationToken) =>
        ApplyAsync(HttpMethod.Put, PathOf(collection, "points") + "?wait=true&ordering=strong", Body(request, Json.UpsertRequestClipPayload), cancellationToken);

    public Task DeleteAsync(string collection, QdrantFilter filter, CancellationToken cancellationToken) =>
        ApplyAsync(HttpMethod.Post, PathOf(collection, "points/delete") + "?wait=true&ordering=strong", Body(new DeleteByFilterRequest(filter), Json.DeleteByFilterRequest), cancellationToken);

    public Task DeleteAsync(string collection, IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
        ApplyAsync(HttpMethod.Post, PathOf(collection, "points/delete") + "?wait=true&ordering=strong", Body(new DeleteByIdRequest(ids), Json.DeleteByIdRequest), cancellationToken);

    /// <summary>Points of these ids that are there, in any order.</summary>
    public async Task<IReadOnlyList<PointAnswer<ClipPayload>>> RetrieveClipsAsync(string collection, IReadOnlyList<Guid> ids, IReadOnlyList<string> fields, CancellationToken cancellationToken) =>
        ids.Count == 0 ? [] : (await ReadAsync(collection, "points", Body(new RetrieveRequest(ids, fields, WithVector: false), Json.RetrieveRequest),
            Json.QdrantAnswerIReadOnlyListPointAnswerClipPayload, cancellationToken).ConfigureAwait(false))!;

    public async Task<IReadOnlyList<PointAnswer<ScenePayload>>> RetrieveVectorsAsync(string collection, IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
        ids.Count == 0 ? [] : (await ReadAsync(collection, "points", Body(new RetrieveRequest(ids, [ScenePayload.SceneField], WithVector: true), Json.RetrieveRequest),
            Json.QdrantAnswerIReadOnlyListPointAnswerScenePayload, cancellationToken).ConfigureAwait(false))!;

    public Task<ScrollAnswer<ClipPayload>> ScrollClipsAsync(string collection, ScrollRequest request, CancellationToken cancellationToken) =>
        ReadAsync(collection, "points/scroll", Body(request, Json.ScrollRequest), Json.QdrantAnswerScrollAnswerClipPayload, cancellationToken);

    public Task<ScrollAnswer<ScenePayload>> ScrollScenesAsync(string collection, ScrollRequest request, CancellationToken cancellationToken) =>
        ReadAsync(collection, "points/scroll", Body(request, Json.ScrollRequest), Json.QdrantAnswerScrollAnswerScenePayload, cancellationToken);

    public async Task<long> CountAsync(string collection, QdrantFilter filter, CancellationToken cancellationToken) =>
        (await ReadAsync(collection, "points/count", Body(new CountRequest(filter, Exact: true), Json.CountRequest), Json.QdrantAnswerCountAnswer, cancellationToken).ConfigureAwait(false)).Count;

    /// <summary>One answer for each search, in their order.</summary>
    public Task<IReadOnlyList<SearchAnswer>> SearchAsync(string collection, IReadOnlyList<SearchRequest> searches, CancellationToken cancellationToken) =>
        ReadAsync(collection, "points/query/batch", Body(new SearchBatchRequest(searches), Json.SearchBatchRequest), Json.QdrantAnswerIReadOnlyListSearchAnswer, cancellationToken);

    public Task<GroupsAnswer> SearchGroupsAsync(string collection, SearchRequest search, CancellationToken cancellationToken) =>
        ReadAsync(collection, "points/query/groups", Body(search, Json.SearchRequest), Json.QdrantAnswerGroupsAnswer, cancellationToken);

    private async Task<TAnswer> ReadAsync<TAnswer>(string collection, string operation, byte[] body, JsonTypeInfo<QdrantAnswer<TAnswer>> answer, CancellationToken cancellationToken) =>
        (await transport.SendAsync(HttpMethod.Post, PathOf(collection, operation) + consistency, body, answer, null, cancellationToken).ConfigureAwait(false))!;

    private async Task ApplyAsync(HttpMethod method, string path, byte[] body, CancellationToken cancellationToken)
    {
        var answer = await transport.SendAsync(method, path, body, Json.QdrantAnswerUpdateAnswer, null, cancellationToken).ConfigureAwait(false);
        if (answer?.Status != "completed")
            throw new StoreUnavailableException($"Qdrant at '{options.Url}' took a write but did not apply it in time (status '{answer?.Status}'). Try again.");
    }

    private static byte[] Body<T>(T request, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(request, type);

    private static string PathOf(string collection, string? operation = null) =>
        $"collections/{Uri.EscapeDataString(collection)}{(operation is null ? "" : "/" + operation)}";
}
