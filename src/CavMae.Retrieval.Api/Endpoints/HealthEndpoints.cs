using CavMae.Retrieval.Api.Contracts;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Ingest;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CavMae.Retrieval.Api.Endpoints;

/// <summary>For those who keep the service running.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder health = routes.MapGroup("/health").WithTags("Health");
        health.MapGet("/live", Ok<HealthResponse> () => TypedResults.Ok(new HealthResponse("live"))).WithName("GetLiveness").WithSummary("The process answers");
        health.MapGet("/ready", IsReadyAsync).WithName("GetReadiness").WithSummary("Model and store answer").ProducesProblems(503);
    }

    private static async Task<Ok<HealthResponse>> IsReadyAsync(ISceneIndex index, MediaStore media, CancellationToken cancellationToken)
    {
        await index.CheckAsync(cancellationToken);
        media.Check();
        return TypedResults.Ok(new HealthResponse("ready"));
    }
}
