using System.ComponentModel.DataAnnotations;

namespace CavMae.Retrieval.Index;

public enum IndexKind
{
    /// <summary>SQLite in a data folder, vectors in memory, exact search; no set-up, one process.</summary>
    Embedded,

    /// <summary>A Qdrant server or cluster, shared by any number of service processes.</summary>
    Qdrant,
}

/// <summary>Which store is used and where it is (section <c>Index</c>).</summary>
public sealed class IndexOptions
{
    public const string Section = "Index";

    public IndexKind Kind { get; set; } = IndexKind.Embedded;

    public EmbeddedIndexOptions Embedded { get; set; } = new();

    public QdrantIndexOptions Qdrant { get; set; } = new();
}

public sealed class EmbeddedIndexOptions
{
    /// <summary>Folder of the database, the media files and uploads under way; made where missing. With another kind of store, of the latter two alone.</summary>
    [Required(AllowEmptyStrings = false)]
    public string Path { get; set; } = "data";
}

/// <summary>How many replicas have to agree on what is read.</summary>
public enum QdrantReadConsistency
{
    /// <summary>One replica, whichever answers: fastest; with more than one replica it may lag behind a write for a moment.</summary>
    One,

    /// <summary>Asks all, and takes what most of them say.</summary>
    Majority,

    /// <summary>Asks most of them, and takes what they all say.</summary>
    Quorum,

    /// <summary>Asks all, and takes what they all say.</summary>
    All,
}

/// <summary>Where Qdrant is and how the collections are made (section <c>Index:Qdrant</c>). What is said of collections counts when they are made.</summary>
public sealed class QdrantIndexOptions
{
    /// <summary>Address of the REST API; <c>https</c> for TLS.</summary>
    [Required(AllowEmptyStrings = false)]
    [RegularExpression("https?://.+", ErrorMessage = "an address such as http://localhost:6333 is needed")]
    public string Url { get; set; } = "http://localhost:6333";

    /// <summary>Key that may read and write; null: none. Sent in the clear unless the address is <c>https</c>.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Name of the store: the alias (or collection) of its scenes; that of its clips has the same name with <c>_clips</c> behind.</summary>
    [Required(AllowEmptyStrings = false)]
    [RegularExpression("[A-Za-z0-9_-]{1,200}", ErrorMessage = "1 to 200 letters, digits, '_' and '-' are allowed")]
    public string Collection { get; set; } = "cavmae";

    /// <summary>Longest wait for one answer; a call may take several requests and tries.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Further tries of a request that failed in a way that may pass.</summary>
    [Range(0, 10)]
    public int Retries { get; set; } = 3;

    /// <summary>Points, or searches, in one request.</summary>
    [Range(1, 1000)]
    public int BatchSize { get; set; } = 100;

    /// <summary>
    /// True: every vector is compared, and the answer is that of the embedded store. False: Qdrant's graph is asked, which is much faster beyond
    /// some hundred thousand scenes and may miss a hit.
    /// </summary>
    public bool ExactSearch { get; set; } = true;

    /// <summary>
    /// Scenes of one list, for each query scene and modality, that a search looks at before it answers without proof that no other belongs in the
    /// answer. Reached where very many scenes score alike, silence for one.
    /// </summary>
    [Range(200, 1_000_000)]
    public int MaxCandidates { get; set; } = 10_000;

    /// <summary>Keeps int8 copies of the vectors in memory, a quarter of their size; counts with <see cref="ExactSearch"/> off.</summary>
    public bool Int8Quantization { get; set; }

    /// <summary>Compares the best of an int8 search again by the full vectors.</summary>
    public bool Rescore { get; set; } = true;

    /// <summary>How many times more candidates an int8 search takes for that.</summary>
    [Range(1.0, 100.0)]
    public double Oversampling { get; set; } = 2;

    /// <summary>Leaves the full vectors on disk; with <see cref="Int8Quantization"/> the small ones stay in memory.</summary>
    public bool OnDiskVectors { get; set; }

    /// <summary>Parts of a collection, which a cluster spreads over its nodes; null: the server's choice.</summary>
    [Range(1, 1000)]
    public int? ShardNumber { get; set; }

    /// <summary>Copies of each part, on different nodes.</summary>
    [Range(1, 100)]
    public int ReplicationFactor { get; set; } = 1;

    /// <summary>Copies that have to take a write before it counts.</summary>
    [Range(1, 100)]
    public int WriteConsistencyFactor { get; set; } = 1;

    public QdrantReadConsistency ReadConsistency { get; set; } = QdrantReadConsistency.One;

    /// <summary>After this long a write that is not over counts as left by a process that died, and any process cleans it up.</summary>
    [Range(typeof(TimeSpan), "00:10:00", "7.00:00:00")]
    public TimeSpan AbandonedAfter { get; set; } = TimeSpan.FromHours(1);
}
