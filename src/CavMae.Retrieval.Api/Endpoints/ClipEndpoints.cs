using System.ComponentModel;
using System.Globalization;
using CavMae.Retrieval.Api.Contracts;
using CavMae.Retrieval.Api.Errors;
using CavMae.Retrieval.Api.Uploads;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Ingest;
using CavMae.Retrieval.Media;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace CavMae.Retrieval.Api.Endpoints;

/// <summary>Stored clips: add, list, read, change, remove, play.</summary>
internal static class ClipEndpoints
{
    private const int DefaultPage = 50;
    private const int MaxPage = 1000;
    private const int ThumbnailSide = 320;
    internal static readonly string[] FormFields = ["title", "tag", "metadata", "id", "replace"];

    public static void MapClips(this IEndpointRouteBuilder api)
    {
        RouteGroupBuilder clips = api.MapGroup("/clips").WithTags("Clips");
        clips.MapPost("", UploadAsync).WithName("UploadClip").WithSummary("Add a clip")
            .WithDescription("Decodes and encodes the file and stores it with all its scenes, or nothing of it. The same content again (same id, or none) gives the stored clip.")
            .ProducesProblems(400, 409, 413, 415, 422, 429, 503);
        clips.MapGet("", ListAsync).WithName("ListClips").WithSummary("List clips in the order of their first upload").ProducesProblems(400, 503);
        clips.MapGet("/{id}", GetAsync).WithName("GetClip").WithSummary("One clip").ProducesProblems(404, 503);
        clips.MapPatch("/{id}", UpdateAsync).WithName("UpdateClip").WithSummary("Change a clip's title, tags or metadata")
            .WithDescription("What is absent stays as it is, null clears, and what is given takes the place of what was: tags and metadata as a whole. Scenes and vectors stay.")
            .ProducesProblems(400, 404, 413, 415, 503);
        clips.MapDelete("/{id}", DeleteAsync).WithName("DeleteClip").WithSummary("Remove a clip with its scenes and media").ProducesProblems(404, 503);
        clips.MapMethods("/{id}/media", [HttpMethods.Head], GetMediaAsync).ExcludeFromDescription();
        clips.MapGet("/{id}/media", GetMediaAsync).WithName("GetClipMedia").WithSummary("The media file as it was uploaded; range requests are answered")
            .Produces(200, contentType: "application/octet-stream").Produces(206).Produces(304).Produces(416).ProducesProblems(404, 503);
        clips.MapGet("/{id}/thumbnail", GetThumbnailAsync).WithName("GetClipThumbnail").WithSummary("A small JPEG of the clip at a time")
            .Produces(200, contentType: "image/jpeg").Produces(304).ProducesProblems(400, 404, 422, 503);
    }

    private static async Task<Results<Created<ClipResponse>, Ok<ClipResponse>>> UploadAsync(
        HttpRequest request, UploadReader reader, ClipIngestor ingestor, CancellationToken cancellationToken,
        [Description("Replace a stored clip of the same id.")] bool replace = false)
    {
        using UploadForm form = await reader.ReadAsync(request, UploadPurpose.Clip, FormFields, cancellationToken);
        IngestResult result = await ingestor.IngestAsync(form.File, form.ToClipUpload(replace), cancellationToken);
        ClipResponse clip = ClipResponse.From(result.Clip);
        return result.Outcome is IngestOutcome.Created ? TypedResults.Created($"/api/v1/clips/{clip.Id}", clip) : TypedResults.Ok(clip);
    }

    private static async Task<Ok<ClipListResponse>> ListAsync(
        ISceneIndex index, CancellationToken cancellationToken,
        [FromQuery, Description("Only clips that have this tag; repeat it for clips that have them all.")] string[]? tag = null,
        [Description(ClipFilterQuery.Description)] string? filter = null,
        [Description("nextCursor of the page before.")] string? cursor = null,
        [Description("Most clips of the page, 1 to 1000.")] int limit = DefaultPage)
    {
        if (limit is < 1 or > MaxPage)
            throw ApiException.BadRequest($"'limit' is {limit}; 1 to {MaxPage} is allowed.");
        ClipPage page = await index.ListAsync(ClipFilterQuery.ToFilter(tag, filter), cursor, limit, cancellationToken);
        return TypedResults.Ok(new ClipListResponse([.. page.Items.Select(ClipResponse.From)], page.NextCursor));
    }

    private static async Task<Ok<ClipResponse>> GetAsync(string id, ISceneIndex index, CancellationToken cancellationToken) =>
        TypedResults.Ok(ClipResponse.From(await FindAsync(index, id, cancellationToken)));

    private static async Task<Ok<ClipResponse>> UpdateAsync(string id, HttpRequest request, ClipChangesReader reader, ISceneIndex index, CancellationToken cancellationToken)
    {
        ClipChanges changes = await reader.ReadAsync(request, cancellationToken);
        return TypedResults.Ok(ClipResponse.From(await index.UpdateAsync(id, changes, cancellationToken) ?? throw ApiException.ClipNotFound(id)));
    }

    private static async Task<NoContent> DeleteAsync(string id, ClipIngestor ingestor, CancellationToken cancellationToken) =>
        await ingestor.DeleteAsync(id, cancellationToken) ? TypedResults.NoContent() : throw ApiException.ClipNotFound(id);

    private static async Task<IResult> GetMediaAsync(string id, ISceneIndex index, MediaStore media, HttpResponse response, CancellationToken cancellationToken)
    {
        ClipRecord clip = await FindAsync(index, id, cancellationToken);
        FileStream stream;
        try
        {
            stream = new FileStream(media.PathOf(clip.Sha256), new FileStreamOptions { Share = FileShare.Read | FileShare.Delete, Options = FileOptions.Asynchronous, BufferSize = 0 });
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Deleted between the look-up and here is the usual cause; otherwise somebody emptied the media folder.
            throw MediaGone(id);
        }
        // The bytes are a client's: browsers must not guess another type from them.
        response.Headers.XContentTypeOptions = "nosniff";
        return TypedResults.Stream(stream, clip.MediaType, lastModified: clip.CreatedAt, entityTag: new EntityTagHeaderValue($"\"{clip.Sha256}\""), enableRangeProcessing: true);
    }

    private static async Task<IResult> GetThumbnailAsync(string id, ISceneIndex index, MediaStore media, MediaDecoder decoder, HttpResponse response, CancellationToken cancellationToken,
        [Description("Seconds from the start; by default the middle of the first scene.")] double? at = null)
    {
        if (at is { } seconds && !(seconds >= 0 && seconds <= TimeSpan.MaxValue.TotalSeconds / 2))
            throw ApiException.BadRequest($"'at' is {seconds}; it is a number of seconds, 0 or more.");
        ClipRecord clip = await FindAsync(index, id, cancellationToken);
        TimeSpan time = at is { } given ? TimeSpan.FromSeconds(given) : (clip.Scenes[0].Start + clip.Scenes[0].End) / 2;
        byte[] jpeg;
        try
        {
            jpeg = await decoder.ThumbnailAsync(media.PathOf(clip.Sha256), time, ThumbnailSide, cancellationToken)
                ?? throw new ApiException(StatusCodes.Status404NotFound, $"Clip '{id}' has no pictures.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw MediaGone(id);
        }
        response.Headers.CacheControl = "private, max-age=3600";
        string tag = string.Create(CultureInfo.InvariantCulture, $"\"{clip.Sha256}-{time.Ticks}\"");
        return TypedResults.Bytes(jpeg, "image/jpeg", entityTag: new EntityTagHeaderValue(tag));
    }

    private static ApiException MediaGone(string id) => new(StatusCodes.Status404NotFound, $"The media of clip '{id}' is gone.");

    private static async Task<ClipRecord> FindAsync(ISceneIndex index, string id, CancellationToken cancellationToken) =>
        await index.GetAsync(id, cancellationToken) ?? throw ApiException.ClipNotFound(id);
}
