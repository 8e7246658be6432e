using System.Text.Json.Nodes;

namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>Which points take part: every condition of <see cref="Must"/>, one of <see cref="Should"/>, none of <see cref="MustNot"/>.</summary>
internal sealed record QdrantFilter
{
    public IReadOnlyList<QdrantCondition>? Must { get; init; }
    public IReadOnlyList<QdrantCondition>? Should { get; init; }
    public IReadOnlyList<QdrantCondition>? MustNot { get; init; }
}

/// <summary>One condition: on a payload field (<see cref="Key"/>), on the point's id (<see cref="HasId"/>), or a filter of its own.</summary>
internal sealed record QdrantCondition
{
    public string? Key { get; init; }
    public QdrantMatch? Match { get; init; }
    public QdrantRange? Range { get; init; }
    public IReadOnlyList<Guid>? HasId { get; init; }
    public IReadOnlyList<QdrantCondition>? Must { get; init; }
    public IReadOnlyList<QdrantCondition>? Should { get; init; }

    public static QdrantCondition Is(string key, JsonNode value) => new() { Key = key, Match = new QdrantMatch { Value = value } };

    public static QdrantCondition IsAnyOf(string key, IEnumerable<string> values) => new() { Key = key, Match = new QdrantMatch { Any = [.. values] } };
}

/// <summary>Either one value (text, integer or boolean) or any of several texts.</summary>
internal sealed record QdrantMatch
{
    public JsonNode? Value { get; init; }
    public IReadOnlyList<string>? Any { get; init; }
}

/// <summary>Bounds that are all numbers or all instants (RFC 3339).</summary>
internal sealed record QdrantRange
{
    public JsonNode? Gt { get; init; }
    public JsonNode? Gte { get; init; }
    public JsonNode? Lt { get; init; }
    public JsonNode? Lte { get; init; }
}

/// <param name="Vector">Named vectors; empty where the point has none.</param>
internal sealed record PointInput<TPayload>(Guid Id, IReadOnlyDictionary<string, float[]> Vector, TPayload Payload);

/// <param name="UpdateFilter">A point that is there already is changed only where it fulfils this.</param>
/// <param name="UpdateMode"><c>insert_only</c>, <c>update_only</c>, or null: both.</param>
internal sealed record UpsertRequest<TPayload>(IReadOnlyList<PointInput<TPayload>> Points, QdrantFilter? UpdateFilter = null, string? UpdateMode = null);

internal sealed record DeleteByFilterRequest(QdrantFilter Filter);

internal sealed record DeleteByIdRequest(IReadOnlyList<Guid> Points);

internal sealed record RetrieveRequest(IReadOnlyList<Guid> Ids, IReadOnlyList<string> WithPayload, bool WithVector);

internal sealed record CountRequest(QdrantFilter Filter, bool Exact);

internal sealed record ScrollRequest
{
    public required QdrantFilter Filter { get; init; }
    public required int Limit { get; init; }
    public Guid? Offset { get; init; }
    public QdrantOrder? OrderBy { get; init; }
    public required IReadOnlyList<string> WithPayload { get; init; }
    public required bool WithVector { get; init; }
}

/// <param name="Direction"><c>asc</c> or <c>desc</c>.</param>
/// <param name="StartFrom">Smallest value (largest, descending) that is given; itself included.</param>
internal sealed record QdrantOrder(string Key, string Direction, long? StartFrom);

internal sealed record SearchRequest
{
    public required float[] Query { get; init; }

    /// <summary>Name of the stored vectors compared with.</summary>
    public required string Using { get; init; }
    public required QdrantFilter Filter { get; init; }
    public required int Limit { get; init; }
    public required QdrantSearchParameters Params { get; init; }
    public required IReadOnlyList<string> WithPayload { get; init; }

    /// <summary>Groups only: the payload field whose values make groups.</summary>
    public string? GroupBy { get; init; }

    /// <summary>Groups only: most points of a group.</summary>
    public int? GroupSize { get; init; }
}

internal sealed record SearchBatchRequest(IReadOnlyList<SearchRequest> Searches);

internal sealed record QdrantSearchParameters(bool Exact, QdrantQuantizationParameters? Quantization);

internal sealed record QdrantQuantizationParameters(bool Ignore, bool? Rescore, double? Oversampling);

internal sealed record CreateCollectionRequest
{
    public required IReadOnlyDictionary<string, VectorParameters> Vectors { get; init; }
    public int? ShardNumber { get; init; }
    public int? ReplicationFactor { get; init; }
    public int? WriteConsistencyFactor { get; init; }
    public QuantizationConfiguration? QuantizationConfig { get; init; }
    public required CollectionMark Metadata { get; init; }
}

/// <param name="Size">Numbers in a vector.</param>
/// <param name="Distance">Always <c>Cosine</c> here.</param>
internal sealed record VectorParameters(int Size, string Distance, bool? OnDisk);

internal sealed record QuantizationConfiguration(ScalarQuantization Scalar);

/// <param name="Type">Always <c>int8</c>.</param>
internal sealed record ScalarQuantization(string Type, bool AlwaysRam);

/// <summary>What a collection says of itself: whose it is, and the vectors of which model it holds.</summary>
/// <param name="Program">Always <see cref="OwnProgram"/>.</param>
/// <param name="Format">Format of payloads and ids.</param>
internal sealed record CollectionMark(string? Program, int? Format, string? ModelId, int? Dimension)
{
    public const string OwnProgram = "cavmae-retrieval";
    public const int OwnFormat = 1;
}

/// <summary>Applied all together or not at all.</summary>
internal sealed record ChangeAliasesRequest(IReadOnlyList<AliasAction> Actions);

/// <summary>One of the two.</summary>
internal sealed record AliasAction(CreateAlias? CreateAlias, DeleteAlias? DeleteAlias);

internal sealed record CreateAlias(string CollectionName, string AliasName);

internal sealed record DeleteAlias(string AliasName);

internal sealed record CreateIndexRequest(string FieldName, string FieldSchema);
