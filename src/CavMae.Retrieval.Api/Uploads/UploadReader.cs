using System.Text;
using CavMae.Retrieval.Api.Errors;
using CavMae.Retrieval.Ingest;
using CavMae.Retrieval.Media;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace CavMae.Retrieval.Api.Uploads;

/// <summary>
/// Reads a multipart form as it arrives: the part named <c>file</c> goes straight to disk, the others are small. The client's file name is never
/// looked at.
/// </summary>
internal sealed class UploadReader(MediaStore media, IOptions<MediaOptions> mediaOptions, IOptions<ApiOptions> apiOptions)
{
    private const string FileField = "file";
    private const int MaxFields = 256;
    private const int MaxBoundaryLength = 200;

    /// <summary>With the reader's own 4 KB, a large file comes in at a fraction of the speed.</summary>
    private const int BufferBytes = 128 * 1024;

    /// <summary>
    /// More than part headers and the other fields take in any sensible form. A body is not held to it as it comes in: the file, the fields, and
    /// the number and headers of the parts each have their own limit.
    /// </summary>
    private const long FormOverheadBytes = 1024 * 1024;

    /// <param name="request">The request; its body is read to the end.</param>
    /// <param name="purpose">What the file is for.</param>
    /// <param name="allowedFields">Names of fields beside the file; any other is refused, so that a slip of the pen does not go unseen.</param>
    /// <param name="cancellationToken">Cancelled when the client goes away.</param>
    /// <exception cref="ApiException">The body is not a form with one file.</exception>
    /// <exception cref="UploadTooLargeException">The file is over the limit.</exception>
    public async Task<UploadForm> ReadAsync(HttpRequest request, UploadPurpose purpose, IReadOnlyCollection<string> allowedFields, CancellationToken cancellationToken)
    {
        RefuseWhatIsSurelyTooLarge(request);
        MultipartReader reader = new(FindBoundary(request), request.Body, BufferBytes) { HeadersCountLimit = 16 };
        Dictionary<string, IReadOnlyList<string>> fields = new(StringComparer.Ordinal);
        IncomingFile? file = null;
        int budget = apiOptions.Value.MaxFormBytes;
        try
        {
            for (int count = 1; await reader.ReadNextSectionAsync(cancellationToken) is { } section; count++)
            {
                if (count > MaxFields)
                    throw ApiException.BadRequest($"The form has more than {MaxFields} parts.");
                string name = FindName(section);
                if (name == FileField)
                    file = file is null ? await media.ReceiveAsync(section.Body, purpose, cancellationToken) : throw ApiException.BadRequest("The form has more than one part named 'file'.");
                else if (allowedFields.Contains(name))
                {
                    string text = await ReadTextAsync(name, section, budget, cancellationToken);
                    budget -= Encoding.UTF8.GetByteCount(text);
                    fields[name] = [.. fields.GetValueOrDefault(name) ?? [], text];
                }
                else
                    throw ApiException.BadRequest($"The form has a part named '{Shorten(name)}'; known are {string.Join(", ", [FileField, .. allowedFields])}.");
            }
            return new UploadForm(file ?? throw ApiException.BadRequest("The form has no part named 'file'."), fields);
        }
        catch (Exception e)
        {
            file?.Dispose();
            if (IsMalformedForm(e))
                throw ApiException.BadRequest($"The form cannot be read: {e.Message}");
            throw;
        }
    }

    /// <summary>
    /// What the multipart reader throws when a form breaks off or makes no sense. The disk's errors come as others; a client that went away is a
    /// <see cref="BadHttpRequestException"/> or a cancellation.
    /// </summary>
    private static bool IsMalformedForm(Exception e) => e is InvalidDataException or (IOException and not BadHttpRequestException);

    /// <summary>Before a byte is read; a client that waits to be told to go on (Expect: 100-continue) sends nothing in vain.</summary>
    private void RefuseWhatIsSurelyTooLarge(HttpRequest request)
    {
        long limit = mediaOptions.Value.MaxUploadBytes;
        if (request.ContentLength - FormOverheadBytes > limit)
            throw new UploadTooLargeException(limit);
    }

    private static string FindBoundary(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type) || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            throw ApiException.BadRequest("The body must be multipart/form-data with a part named 'file'.");
        string boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        return boundary.Length is > 0 and <= MaxBoundaryLength ? boundary : throw ApiException.BadRequest("The multipart boundary is missing or too long.");
    }

    private static string FindName(MultipartSection section) =>
        ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out ContentDispositionHeaderValue? disposition) && disposition.Name.HasValue
            ? HeaderUtilities.RemoveQuotes(disposition.Name).ToString()
            : throw ApiException.BadRequest("A part of the form has no name.");

    /// <param name="budget">Bytes the form's fields may still take.</param>
    private async Task<string> ReadTextAsync(string name, MultipartSection section, int budget, CancellationToken cancellationToken)
    {
        using MemoryStream text = new();
        byte[] buffer = new byte[4096];
        for (int read; (read = await section.Body.ReadAsync(buffer, cancellationToken)) > 0; text.Write(buffer, 0, read))
            if (text.Length + read > budget)
                throw ApiException.BadRequest($"'{name}' and the fields before it are longer than {apiOptions.Value.MaxFormBytes} bytes (Api:MaxFormBytes).");
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(text.GetBuffer(), 0, (int)text.Length);
        }
        catch (DecoderFallbackException)
        {
            throw ApiException.BadRequest($"'{name}' is not UTF-8 text.");
        }
    }

    internal static string Shorten(string name) => name.Length <= 40 ? name : name[..40] + "…";
}
