using System.ComponentModel.DataAnnotations;

namespace CavMae.Retrieval.Api;

/// <summary>Limits of the HTTP interface (section <c>Api</c>).</summary>
public sealed class ApiOptions
{
    public const string Section = "Api";

    /// <summary>Most bytes of all form fields other than the file (title, tags, metadata, id) together (more are answered 400), and of the body that changes a clip (413).</summary>
    [Range(1024, 16 * 1024 * 1024)]
    public int MaxFormBytes { get; set; } = 128 * 1024;
}
