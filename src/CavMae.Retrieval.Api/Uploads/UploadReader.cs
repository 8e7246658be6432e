using System.Text;
using CavMae.Retrieval.Api.Errors;
using CavMae.Retrieval.Ingest;
using CavMae.Retrieval.Media;
using Microsoft.AspNetCore.Http.Features;
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

    /// <summary>What is read of a body at a time; the reader's own 4 KiB make a megabyte 250 reads and writes.</summary>
    private const int BufferBytes = 64 * 1024;

    /// <summary>COR_E_IO: an I/O error without a number of the system's.</summary>
    private const int GenericIoError = unchecked((int)0x80131620);

    /// <summary>Room for part headers and the other fields beside the file.</summary>
    private const long FormOverheadBytes = 1024 * 1024;

    /// <param name="request">The request; its body is read to the end.</param>
    /// <param name="allowedFields">Names of fields beside the file; any other is refused, so that a slip of the pen does not go unseen.</param>
    /// <param name="cancellationToken">Cancelled when the client goes away.</param>
    /// <exception cref="ApiException">The body is not a form with one file.</exception>
    /// <exception cref="UploadTooLargeException">The file is over the limit.</exception>
    public async Task<UploadForm> ReadAsync(HttpRequest request, IReadOnlyCollection<string> allowedFields, CancellationToken cancellationToken)
    {
        RaiseBodyLimit(request);
        MultipartReader reader = new(FindBoundary(request), request.Body, BufferBytes) { HeadersCountLimit = 16 };
        Dictionary<string, IReadOnlyList<string>> fields = new(StringComparer.Ordinal);
        IncomingFile? file = null;
        try
        {
            for (int count = 1; await reader.ReadNextSectionAsync(cancellationToken) is { } section; count++)
            {
                if (count > MaxFields)
                    throw ApiException.BadRequest($"The form has more than {MaxFields} parts.");
                string name = FindName(section);
                if (name == FileField)
                    file = file is null ? await media.ReceiveAsync(section.Body, cancellationToken) : throw ApiException.BadRequest("The form has more than one part named 'file'.");
                else if (allowedFields.Contains(name))
                    fields[name] = [.. fields.GetValueOrDefault(name) ?? [], await ReadTextAsync(name, section, cancellationToken)];
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
    /// What the multipart reader throws when a form breaks off or makes no sense. Errors of the disk are IOExceptions too, but carry the
    /// system's error number; a client that went away is a <see cref="BadHttpRequestException"/> or a cancellation.
    /// </summary>
    private static bool IsMalformedForm(Exception e) => e is InvalidDataException || (e is IOException { HResult: GenericIoError } and not BadHttpRequestException);

    private void RaiseBodyLimit(HttpRequest request)
    {
        long limit = mediaOptions.Value.MaxUploadBytes;
        long withForm = limit > long.MaxValue - FormOverheadBytes ? long.MaxValue : limit + FormOverheadBytes;
        if (request.ContentLength > withForm)
            throw new UploadTooLargeException(limit);
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = withForm;
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

    private async Task<string> ReadTextAsync(string name, MultipartSection section, CancellationToken cancellationToken)
    {
        int max = apiOptions.Value.MaxFieldBytes;
        byte[] buffer = new byte[max + 1];
        int length = await section.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        if (length > max)
            throw ApiException.BadRequest($"'{name}' is longer than {max} bytes (Api:MaxFieldBytes).");
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(buffer, 0, length);
        }
        catch (DecoderFallbackException)
        {
            throw ApiException.BadRequest($"'{name}' is not UTF-8 text.");
        }
    }

    private static string Shorten(string name) => name.Length <= 40 ? name : name[..40] + "…";
}
