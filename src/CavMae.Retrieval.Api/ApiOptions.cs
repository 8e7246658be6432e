using System.ComponentModel.DataAnnotations;

namespace CavMae.Retrieval.Api;

/// <summary>Limits of the HTTP interface (section <c>Api</c>).</summary>
public sealed class ApiOptions
{
    public const string Section = "Api";

    /// <summary>Most bytes of one form field other than the file (title, tag, metadata, id).</summary>
    [Range(1024, 64 * 1024 * 1024)]
    public int MaxFieldBytes { get; set; } = 1024 * 1024;
}
