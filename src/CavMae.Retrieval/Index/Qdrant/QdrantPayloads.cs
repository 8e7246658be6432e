using System.Text.Json.Nodes;

namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>What filters look at: a copy of a clip's tags and metadata, or as much of it as a payload should hold.</summary>
/// <remarks>The base of the payloads that are filtered; the clip's record says what holds.</remarks>
internal abstract record FilteredPayload
{
    public IReadOnlyList<string>? Tags { get; init; }
    public JsonObject? Metadata { get; init; }

    /// <summary>True where the copy leaves something out, so that no filter may turn the point away; else null.</summary>
    public bool? Partial { get; init; }
}

/// <summary>A scene of one revision of a clip; its vectors are the point's.</summary>
internal sealed record ScenePayload : FilteredPayload
{
    public const string ClipField = "clip";
    public const string RevisionField = "revision";
    public const string SceneField = "scene";

    /// <summary>Id of the clip.</summary>
    public string? Clip { get; init; }
    public Guid? Revision { get; init; }

    /// <summary><see cref="SceneRecord.Index"/>.</summary>
    public int? Scene { get; init; }
}

/// <summary>A point of the second collection: a clip's commit point, an entry of the journal of writes under way, or what a reindex has noted.</summary>
internal sealed record ClipPayload : FilteredPayload
{
    public const string KindField = "kind";
    public const string ClipField = "clip";
    public const string RevisionField = "revision";
    public const string RevisionsField = "revisions";
    public const string SequenceField = "sequence";
    public const string ContentField = "sha256";
    public const string RecordField = "record";
    public const string MetadataTextField = "metadata_text";
    public const string StartedField = "started";
    public const string ClipsField = "clips";
    public const string OldModelField = "old_model";
    public const string PreviousField = "previous";

    /// <summary>Kind of a commit point.</summary>
    public const string Committed = "clip";

    /// <summary>Kind of a journal entry.</summary>
    public const string UnderWay = "journal";

    /// <summary>Kind of the point that says from which store this one was made by a reindex.</summary>
    public const string Swap = "swap";

    /// <summary>Kind of points that name clips of the old store that a reindex has dealt with.</summary>
    public const string Taken = "taken";

    public string? Kind { get; init; }

    /// <summary>Id of the clip.</summary>
    public string? Clip { get; init; }

    /// <summary>The live revision.</summary>
    public Guid? Revision { get; init; }

    /// <summary>Place in the list: microseconds since 1970 of the first upload, moved on where a clip had it already.</summary>
    public long? Sequence { get; init; }
    public string? Sha256 { get; init; }

    /// <summary>The clip without its metadata, as JSON text (<see cref="StoredRecord"/>).</summary>
    public string? Record { get; init; }

    /// <summary>The clip's metadata as JSON text, digit by digit as it came.</summary>
    public string? MetadataText { get; init; }

    /// <summary>Journal only: revisions to be removed once they are not live.</summary>
    public IReadOnlyList<Guid>? Revisions { get; init; }

    /// <summary>Journal only: when the write began, milliseconds since 1970.</summary>
    public long? Started { get; init; }

    /// <summary>Of kind <see cref="Taken"/> only: ids of clips.</summary>
    public IReadOnlyList<string>? Clips { get; init; }

    /// <summary>Of kind <see cref="Swap"/> only: model of the old store.</summary>
    public string? OldModel { get; init; }

    /// <summary>Of kind <see cref="Swap"/> only: the old store's collections, scenes and clips, as long as they are there.</summary>
    public IReadOnlyList<string>? Previous { get; init; }
}
