using CavMae.Retrieval.Api.Errors;
using CavMae.Retrieval.Ingest;

namespace CavMae.Retrieval.Api.Uploads;

/// <summary>A multipart form that was read: the file lies on disk, the fields are in memory. Disposing it removes the file, unless it was kept.</summary>
internal sealed class UploadForm(IncomingFile file, IReadOnlyDictionary<string, IReadOnlyList<string>> fields) : IDisposable
{
    public IncomingFile File { get; } = file;

    /// <summary>What the fields say of a clip, checked.</summary>
    /// <param name="replaceInQuery">The same switch from the query string; either place will do.</param>
    public ClipUpload ToClipUpload(bool replaceInQuery) => new()
    {
        Id = Single("id") is { } id ? ClipFields.CheckId(id) : null,
        Title = ClipFields.CheckTitle(Single("title") ?? ""),
        Tags = ClipFields.CheckTags(fields.GetValueOrDefault("tag") ?? []),
        Metadata = Single("metadata") is { } metadata ? ClipFields.ParseMetadata(metadata) : [],
        Replace = replaceInQuery || ParseReplace(Single("replace")),
    };

    private string? Single(string name)
    {
        IReadOnlyList<string> values = fields.GetValueOrDefault(name) ?? [];
        return values.Count <= 1 ? values.SingleOrDefault() : throw ApiException.BadRequest($"'{name}' is given {values.Count} times; once is allowed.");
    }

    private static bool ParseReplace(string? text) => text switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw ApiException.BadRequest($"'replace' is '{text}'; true or false is allowed."),
    };

    public void Dispose() => File.Dispose();
}
