using System.Text.Json;
using System.Text.Json.Serialization;

namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>Every message to and from Qdrant, in its own spelling.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreateCollectionRequest))]
[JsonSerializable(typeof(CreateIndexRequest))]
[JsonSerializable(typeof(ChangeAliasesRequest))]
[JsonSerializable(typeof(UpsertRequest<ScenePayload>))]
[JsonSerializable(typeof(UpsertRequest<ClipPayload>))]
[JsonSerializable(typeof(DeleteByFilterRequest))]
[JsonSerializable(typeof(DeleteByIdRequest))]
[JsonSerializable(typeof(RetrieveRequest))]
[JsonSerializable(typeof(CountRequest))]
[JsonSerializable(typeof(ScrollRequest))]
[JsonSerializable(typeof(SearchRequest))]
[JsonSerializable(typeof(SearchBatchRequest))]
[JsonSerializable(typeof(StoredRecord))]
[JsonSerializable(typeof(QdrantAnswer<JsonElement>))]
[JsonSerializable(typeof(QdrantAnswer<UpdateAnswer>))]
[JsonSerializable(typeof(QdrantAnswer<CountAnswer>))]
[JsonSerializable(typeof(QdrantAnswer<CollectionAnswer>))]
[JsonSerializable(typeof(QdrantAnswer<AliasesAnswer>))]
[JsonSerializable(typeof(QdrantAnswer<IReadOnlyList<PointAnswer<ScenePayload>>>))]
[JsonSerializable(typeof(QdrantAnswer<IReadOnlyList<PointAnswer<ClipPayload>>>))]
[JsonSerializable(typeof(QdrantAnswer<ScrollAnswer<ScenePayload>>))]
[JsonSerializable(typeof(QdrantAnswer<ScrollAnswer<ClipPayload>>))]
[JsonSerializable(typeof(QdrantAnswer<IReadOnlyList<SearchAnswer>>))]
[JsonSerializable(typeof(QdrantAnswer<GroupsAnswer>))]
internal sealed partial class QdrantJson : JsonSerializerContext;
