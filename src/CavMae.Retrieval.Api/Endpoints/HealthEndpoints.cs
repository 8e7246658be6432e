using CavMae.Retrieval.Api.Contracts;
using CavMae.Retrieval.Index;
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

    private static async Task<Ok<HealthResponse>> IsReadyAsync(ISceneIndex index, CancellationToken cancellationToken)
    {
        await index.CountAsync(cancellationToken);
        return TypedResults.Ok(new HealthResponse("ready"));
    }
}
