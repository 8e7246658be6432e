using System.ComponentModel.DataAnnotations;

namespace CavMae.Retrieval.Index;

public enum IndexKind
{
    /// <summary>SQLite in a data folder, vectors in memory, exact search; no set-up, one process.</summary>
    Embedded,
}

/// <summary>Which store is used and where it is (section <c>Index</c>).</summary>
public sealed class IndexOptions
{
    public const string Section = "Index";

    public IndexKind Kind { get; set; } = IndexKind.Embedded;

    public EmbeddedIndexOptions Embedded { get; set; } = new();
}

public sealed class EmbeddedIndexOptions
{
    /// <summary>Folder of the database, the media files and uploads under way; made where missing.</summary>
    [Required(AllowEmptyStrings = false)]
    public string Path { get; set; } = "data";
}
