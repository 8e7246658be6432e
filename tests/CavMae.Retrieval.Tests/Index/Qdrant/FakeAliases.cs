using System.Text.Json.Nodes;

namespace CavMae.Retrieval.Tests.Index.Qdrant;

/// <summary>Other names of collections. A request's actions are applied all or not at all.</summary>
internal sealed class FakeAliases
{
    private Dictionary<string, string> targets = [];

    public IReadOnlyDictionary<string, string> Targets => targets;

    /// <summary>The real name behind a name, which may be one itself.</summary>
    public string Resolve(string name) => targets.GetValueOrDefault(name, name);

    public JsonNode Describe() => new JsonObject
    {
        ["aliases"] = new JsonArray([.. targets.Select(alias => new JsonObject { ["alias_name"] = alias.Key, ["collection_name"] = alias.Value })]),
    };

    /// <summary>Creating an alias that is there moves it; deleting one that is not there does nothing.</summary>
    public void Change(JsonNode request, Func<string, bool> isCollection)
    {
        Dictionary<string, string> changed = new(targets);
        foreach (var action in request["actions"]!.AsArray())
        {
            if (action!["delete_alias"] is { } delete)
                changed.Remove(delete["alias_name"]!.GetValue<string>());
            if (action["create_alias"] is not { } create)
                continue;
            var (alias, collection) = (create["alias_name"]!.GetValue<string>(), create["collection_name"]!.GetValue<string>());
            if (!isCollection(collection))
                throw new FakeRefusalException($"Not found: Collection `{collection}` doesn't exist!");
            if (isCollection(alias))
                throw new FakeRefusalException($"Wrong input: Collection `{alias}` already exists!");
            changed[alias] = collection;
        }
        targets = changed;
    }

    /// <summary>A collection's aliases go with it.</summary>
    public void RemoveOf(string collection) => targets = targets.Where(alias => alias.Value != collection).ToDictionary();

    public void Clear() => targets = [];
}
