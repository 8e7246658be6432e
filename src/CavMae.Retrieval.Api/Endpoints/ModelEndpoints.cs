using CavMae.Retrieval.Api.Contracts;
using CavMae.Retrieval.Api.Uploads;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Ingest;
using CavMae.Retrieval.Media;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CavMae.Retrieval.Api.Endpoints;

/// <summary>The model itself: what it is, and what it makes of a file.</summary>
internal static class ModelEndpoints
{
    public static void MapModel(this IEndpointRouteBuilder api)
    {
        api.MapGet("/model", Ok<ModelResponse> (SceneEncoder encoder) => TypedResults.Ok(ModelResponse.From(encoder)))
            .WithTags("Model").WithName("GetModel").WithSummary("The model that serves");
        api.MapPost("/embeddings", EmbedAsync).WithTags("Model").WithName("CreateEmbeddings").WithSummary("The vectors of a file, scene by scene; nothing is stored")
            .ProducesProblems(400, 413, 415, 422, 429, 503);
    }

    private static async Task<Ok<EmbeddingsResponse>> EmbedAsync(HttpRequest request, UploadReader reader, MediaEmbedder embedder, SceneEncoder encoder, CancellationToken cancellationToken)
    {
        using UploadForm form = await reader.ReadAsync(request, UploadPurpose.Query, [], cancellationToken);
        EmbeddedMedia media = await embedder.EmbedAsync(form.File.Path, MediaStreams.All, cancellationToken);
        return TypedResults.Ok(EmbeddingsResponse.From(media, encoder.Model.ModelId));
    }
}
