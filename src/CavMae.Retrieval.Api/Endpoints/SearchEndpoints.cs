using System.ComponentModel;
using CavMae.Retrieval.Api.Contracts;
using CavMae.Retrieval.Api.Errors;
using CavMae.Retrieval.Api.Uploads;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Ingest;
using CavMae.Retrieval.Search;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CavMae.Retrieval.Api.Endpoints;

/// <summary>Searches with an uploaded file, and with a stored clip.</summary>
internal static class SearchEndpoints
{
    public static void MapSearches(this IEndpointRouteBuilder api)
    {
        RouteGroupBuilder search = api.MapGroup("/search").WithTags("Search");
        Map(SearchDirection.AudioToVideo, "SearchAudioToVideo", "Sound in, scenes whose pictures fit it out", "Any media with sound; its pictures are not looked at.");
        Map(SearchDirection.VideoToAudio, "SearchVideoToAudio", "Pictures in, scenes whose sound fits them out", "A video or a still image; its sound is not listened to.");
        Map(SearchDirection.Similar, "SearchSimilar", "Clip in, matching videos out", "All four pairings of sound and pictures that both sides have, averaged; each is given in parts.");
        api.MapGet("/clips/{id}/matches", FindMatchesAsync).WithTags("Clips").WithName("GetClipMatches").WithSummary("The same searches, for a stored clip; it is itself left out")
            .ProducesProblems(400, 404, 422, 503);

        void Map(SearchDirection direction, string name, string summary, string description) => search
            .MapPost(DirectionName.Of(direction), (HttpRequest request, [AsParameters] SearchQuery query, UploadReader reader, SearchService service, SceneEncoder encoder, CancellationToken cancellationToken) =>
                SearchAsync(direction, request, query, reader, service, encoder, cancellationToken))
            .WithName(name).WithSummary(summary).WithDescription(description).ProducesProblems(400, 413, 415, 422, 429, 503);
    }

    private static async Task<Ok<SearchResponse>> SearchAsync(SearchDirection direction, HttpRequest request, SearchQuery query, UploadReader reader,
        SearchService service, SceneEncoder encoder, CancellationToken cancellationToken)
    {
        SearchParameters parameters = query.ToParameters();
        using UploadForm form = await reader.ReadAsync(request, UploadPurpose.Query, [], cancellationToken);
        SearchResult result = await service.SearchAsync(form.File.Path, direction, parameters, cancellationToken);
        return TypedResults.Ok(SearchResponse.From(result, encoder.Model.ModelId));
    }

    private static async Task<Ok<SearchResponse>> FindMatchesAsync(string id, [AsParameters] SearchQuery query, SearchService service, SceneEncoder encoder, CancellationToken cancellationToken,
        [Description("audio-to-video, video-to-audio or similar.")] string direction = DirectionName.Similar)
    {
        SearchDirection parsed = DirectionName.Parse(direction)
            ?? throw ApiException.BadRequest($"'direction' is '{direction}'; {DirectionName.AudioToVideo}, {DirectionName.VideoToAudio} or {DirectionName.Similar} is allowed.");
        SearchResult result = await service.FindMatchesAsync(id, parsed, query.ToParameters(), cancellationToken) ?? throw ApiException.ClipNotFound(id);
        return TypedResults.Ok(SearchResponse.From(result, encoder.Model.ModelId));
    }
}
