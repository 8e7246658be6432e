using System.Text.Json;
using System.Text.Json.Nodes;

namespace CavMae.Retrieval.Index.Embedded;

/// <summary>A clip in memory: its record, where it stands in the list, and where its scenes' vectors lie. Never changes; a replaced clip is another object.</summary>
internal sealed class StoredClip
{
    private static readonly JsonElement NoMetadata = JsonElement.Parse(MetadataText.Empty);

    private readonly ClipRecord record;

    /// <summary>Parsed once: the text in UTF-8 and 12 bytes for each of its tokens. May be read by several threads.</summary>
    private readonly JsonElement metadata;
    private readonly string[] tags;

    /// <param name="record">Its metadata is not kept: <paramref name="metadataJson"/> stands for it.</param>
    /// <param name="sequence">Counts first uploads; kept on replace.</param>
    /// <param name="slots">One for each scene, in scene order.</param>
    /// <exception cref="JsonException">Metadata that is not JSON.</exception>
    /// <exception cref="InvalidDataException">Metadata that is no JSON object.</exception>
    public StoredClip(ClipRecord record, string metadataJson, long sequence, int[] slots)
        : this(record, Parse(metadataJson), sequence, slots)
    {
    }

    private StoredClip(ClipRecord record, JsonElement metadata, long sequence, int[] slots)
    {
        tags = [.. record.Tags];
        this.record = record with { Tags = tags, Metadata = [], Scenes = [.. record.Scenes] };
        this.metadata = metadata;
        TagBits = Embedded.TagBits.Of(tags);
        Sequence = sequence;
        Slots = slots;
    }

    public string Id => record.Id;
    public string Sha256 => record.Sha256;
    public uint TagBits { get; }
    public long Sequence { get; }
    public int[] Slots { get; }
    public IReadOnlyList<SceneRecord> Scenes => record.Scenes;

    /// <summary>A record for one caller: JSON nodes may be changed and are not for several threads, so each caller gets its own.</summary>
    public ClipRecord ToRecord() => record with { Metadata = JsonObject.Create(metadata)! };

    /// <summary>The clip after a change, on the same place and slots.</summary>
    public StoredClip With(ClipChanges changes, string? metadataJson) => new(
        record with { Title = changes.Title ?? record.Title, Tags = changes.Tags ?? record.Tags },
        metadataJson is null ? metadata : Parse(metadataJson), Sequence, Slots);

    /// <summary>The record without the client's metadata, which can be large and belongs to no hit.</summary>
    public ClipRecord ToSummary() => record with { Metadata = [] };

    public bool Fulfils(ClipFilter filter)
    {
        if (!HasAllTags(filter.Tags))
            return false;
        for (var i = 0; i < filter.Conditions.Count; i++)
            if (!filter.Conditions[i].Holds(metadata))
                return false;
        return true;
    }

    private bool HasAllTags(IReadOnlyList<string> asked)
    {
        for (var i = 0; i < asked.Count; i++)
            if (!tags.AsSpan().Contains(asked[i]))
                return false;
        return true;
    }

    private static JsonElement Parse(string json)
    {
        var element = json == MetadataText.Empty ? NoMetadata : JsonElement.Parse(json, MetadataText.Reading);
        return element.ValueKind == JsonValueKind.Object ? element : throw new InvalidDataException("metadata that is no JSON object");
    }
}
