using System.Text.Json.Nodes;

namespace CavMae.Retrieval.Tests.Index.Qdrant;

internal sealed record FakePoint(string Id, JsonObject Payload, Dictionary<string, float[]> Vectors);

/// <summary>An operation Qdrant would refuse.</summary>
internal sealed class FakeRefusalException(string message) : Exception(message);

/// <summary>One collection: points in memory, and the operations on them. The server lets in one at a time.</summary>
internal sealed class FakeCollection(JsonObject creation)
{
    private readonly Dictionary<string, string> indexes = [];

    public SortedDictionary<string, FakePoint> Points { get; } = new(StringComparer.Ordinal);

    public JsonObject Describe() => new()
    {
        ["status"] = "green",
        ["optimizer_status"] = "ok",
        ["segments_count"] = 1,
        ["config"] = new JsonObject
        {
            ["params"] = new JsonObject { ["vectors"] = creation["vectors"]!.DeepClone() },
            ["hnsw_config"] = new JsonObject { ["m"] = 16, ["ef_construct"] = 100, ["full_scan_threshold"] = 10000 },
            ["optimizer_config"] = new JsonObject { ["default_segment_number"] = 0, ["flush_interval_sec"] = 5 },
            ["metadata"] = creation["metadata"]?.DeepClone(),
        },
        ["payload_schema"] = new JsonObject(indexes.Select(index => KeyValuePair.Create(index.Key, (JsonNode?)new JsonObject { ["data_type"] = index.Value, ["points"] = Points.Count }))),
    };

    public void CreateIndex(JsonNode request) => indexes[request["field_name"]!.GetValue<string>()] = request["field_schema"]!.GetValue<string>();

    /// <param name="count">Points that are written; the rest is left out, as by a server that dies meanwhile.</param>
    public void Upsert(JsonNode request, int count = int.MaxValue)
    {
        var mode = request["update_mode"]?.GetValue<string>();
        foreach (var input in request["points"]!.AsArray().Take(count))
        {
            var id = input!["id"]!.GetValue<string>();
            var before = Points.GetValueOrDefault(id);
            if (mode == "insert_only" ? before is not null : before is null ? mode == "update_only" : !FakeFilter.Holds(request["update_filter"], before))
                continue;
            Points[id] = new FakePoint(id, (JsonObject?)input["payload"]?.DeepClone() ?? [], input["vector"]!.AsObject().ToDictionary(vector => vector.Key, vector => Unit(vector.Key, vector.Value!)));
        }
    }

    public void Delete(JsonNode request)
    {
        foreach (var point in Points.Values.Where(point => request["points"] is JsonArray ids
            ? ids.Any(id => id!.GetValue<string>() == point.Id) : FakeFilter.Holds(request["filter"], point)).ToList())
            Points.Remove(point.Id);
    }

    public JsonNode Retrieve(JsonNode request) => new JsonArray([.. request["ids"]!.AsArray().Select(id => id!.GetValue<string>()).Distinct().Where(Points.ContainsKey)
        .Select(id => Record(Points[id], request))]);

    public JsonNode Count(JsonNode request) => new JsonObject { ["count"] = Points.Values.Count(point => FakeFilter.Holds(request["filter"], point)) };

    public JsonNode Scroll(JsonNode request)
    {
        var matching = Points.Values.Where(point => FakeFilter.Holds(request["filter"], point));
        var limit = request["limit"]?.GetValue<int>() ?? 10;
        if (request["order_by"] is { } order)
            return new JsonObject { ["points"] = new JsonArray([.. Ordered(matching, order).Take(limit).Select(point => Record(point, request))]), ["next_page_offset"] = null };
        var page = matching.Where(point => request["offset"] is not { } offset || string.CompareOrdinal(point.Id, offset.GetValue<string>()) >= 0).Take(limit + 1).ToList();
        return new JsonObject
        {
            ["points"] = new JsonArray([.. page.Take(limit).Select(point => Record(point, request))]),
            ["next_page_offset"] = page.Count > limit ? page[limit].Id : null,
        };
    }

    public JsonNode Query(JsonNode request) => new JsonObject
    {
        ["points"] = new JsonArray([.. Ranked(request).Take(request["limit"]?.GetValue<int>() ?? 10).Select(hit => Scored(hit, request))]),
    };

    public JsonNode QueryGroups(JsonNode request)
    {
        var field = request["group_by"]!.GetValue<string>();
        var groups = Ranked(request).Where(hit => hit.Point.Payload[field] is not null).GroupBy(hit => hit.Point.Payload[field]!.GetValue<string>());
        return new JsonObject
        {
            ["groups"] = new JsonArray([.. groups.Take(request["limit"]?.GetValue<int>() ?? 10).Select(group => new JsonObject
            {
                ["id"] = group.Key,
                ["hits"] = new JsonArray([.. group.Take(request["group_size"]?.GetValue<int>() ?? 3).Select(hit => Scored(hit, request))]),
            })]),
        };
    }

    private IEnumerable<FakePoint> Ordered(IEnumerable<FakePoint> points, JsonNode order)
    {
        var key = order["key"]!.GetValue<string>();
        if (indexes.GetValueOrDefault(key) != "integer")
            throw new FakeRefusalException($"No range index for `order_by` key: `{key}`");
        var withKey = points.Where(point => point.Payload[key] is not null).Select(point => (Point: point, Value: point.Payload[key]!.GetValue<long>()));
        var from = order["start_from"]?.GetValue<long>();
        return order["direction"]?.GetValue<string>() == "desc"
            ? withKey.Where(one => from is null || one.Value <= from).OrderByDescending(one => one.Value).Select(one => one.Point)
            : withKey.Where(one => from is null || one.Value >= from).OrderBy(one => one.Value).Select(one => one.Point);
    }

    private List<(FakePoint Point, float Score)> Ranked(JsonNode request)
    {
        var name = request["using"]!.GetValue<string>();
        var query = Unit(name, request["query"]!);
        return [.. Points.Values.Where(point => point.Vectors.ContainsKey(name) && FakeFilter.Holds(request["filter"], point))
            .Select(point => (Point: point, Score: point.Vectors[name].Zip(query, (x, y) => x * y).Sum())).OrderByDescending(hit => hit.Score)];
    }

    private static JsonObject Scored((FakePoint Point, float Score) hit, JsonNode request)
    {
        var record = Record(hit.Point, request);
        record["score"] = hit.Score;
        record["version"] = 1;
        return record;
    }

    private static JsonObject Record(FakePoint point, JsonNode request)
    {
        var record = new JsonObject { ["id"] = point.Id };
        var fields = request["with_payload"] is JsonArray names ? names.Select(name => name!.GetValue<string>()).ToHashSet() : [];
        record["payload"] = new JsonObject(point.Payload.Where(field => fields.Contains(field.Key)).Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone())));
        if (request["with_vector"]?.GetValue<bool>() is true)
            record["vector"] = new JsonObject(point.Vectors.Select(vector => KeyValuePair.Create(vector.Key, (JsonNode?)new JsonArray([.. vector.Value.Select(x => JsonValue.Create(x))]))));
        return record;
    }

    /// <summary>Cosine collections keep vectors of unit length.</summary>
    private float[] Unit(string name, JsonNode vector)
    {
        var numbers = vector.AsArray().Select(x => x!.GetValue<float>()).ToArray();
        if (creation["vectors"]![name]?["size"]?.GetValue<int>() is not { } size)
            throw new FakeRefusalException($"Wrong input: Not existing vector name error: {name}");
        if (size != numbers.Length)
            throw new FakeRefusalException($"Wrong input: Vector dimension error: expected dim: {size}, got {numbers.Length}");
        var norm = Math.Sqrt(numbers.Sum(x => (double)x * x));
        return norm < 1e-6 ? numbers : [.. numbers.Select(x => (float)(x / norm))];
    }
}
