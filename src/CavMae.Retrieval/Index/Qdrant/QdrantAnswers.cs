using System.Text.Json;

namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>What every answer is wrapped in.</summary>
internal sealed record QdrantAnswer<T>(T? Result);

/// <param name="Status"><c>completed</c>: applied. <c>acknowledged</c>, <c>wait_timeout</c>: noted, not applied yet.</param>
internal sealed record UpdateAnswer(string? Status);

internal sealed record CountAnswer(long Count);

/// <param name="Vector">The named vectors of the point, where they were asked for.</param>
internal sealed record PointAnswer<TPayload>(Guid Id, TPayload? Payload, Dictionary<string, float[]>? Vector);

internal sealed record ScrollAnswer<TPayload>(IReadOnlyList<PointAnswer<TPayload>> Points, Guid? NextPageOffset);

/// <param name="Score">Cosine.</param>
internal sealed record ScoredPoint(Guid Id, double Score, ScenePayload? Payload);

internal sealed record SearchAnswer(IReadOnlyList<ScoredPoint> Points);

internal sealed record GroupsAnswer(IReadOnlyList<GroupAnswer> Groups);

/// <param name="Hits">Points of the group, best first.</param>
internal sealed record GroupAnswer(IReadOnlyList<ScoredPoint> Hits);

/// <param name="PayloadSchema">Payload indexes by field.</param>
internal sealed record CollectionAnswer(CollectionConfiguration? Config, Dictionary<string, JsonElement>? PayloadSchema);

internal sealed record AliasesAnswer(IReadOnlyList<AliasAnswer> Aliases);

internal sealed record AliasAnswer(string AliasName, string CollectionName);

internal sealed record CollectionConfiguration(CollectionMark? Metadata);
