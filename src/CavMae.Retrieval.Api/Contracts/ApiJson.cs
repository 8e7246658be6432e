using System.Text.Json.Serialization;

namespace CavMae.Retrieval.Api.Contracts;

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ClipResponse))]
[JsonSerializable(typeof(ClipListResponse))]
[JsonSerializable(typeof(JobResponse))]
[JsonSerializable(typeof(JobListResponse))]
[JsonSerializable(typeof(SearchResponse))]
[JsonSerializable(typeof(ModelResponse))]
[JsonSerializable(typeof(EmbeddingsResponse))]
[JsonSerializable(typeof(HealthResponse))]
internal sealed partial class ApiJson : JsonSerializerContext;
