namespace CavMae.Retrieval.Api.Endpoints;

internal static class ProblemExtensions
{
    /// <summary>Documents the statuses an endpoint answers with problem details; 500 belongs to all.</summary>
    public static RouteHandlerBuilder ProducesProblems(this RouteHandlerBuilder endpoint, params ReadOnlySpan<int> statuses)
    {
        foreach (int status in statuses)
            endpoint.ProducesProblem(status);
        return endpoint.ProducesProblem(StatusCodes.Status500InternalServerError);
    }
}
