using System.ComponentModel;
using CavMae.Retrieval.Api.Contracts;
using CavMae.Retrieval.Api.Errors;
using CavMae.Retrieval.Api.Jobs;
using CavMae.Retrieval.Ingest.Jobs;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CavMae.Retrieval.Api.Endpoints;

/// <summary>Uploads that are made clips in the background: list, watch, cancel.</summary>
internal static class JobEndpoints
{
    private const int DefaultPage = 50;
    private const int MaxPage = 1000;

    public static string Location(Job job) => "/api/v1/jobs/" + job.Id;

    public static void MapJobs(this IEndpointRouteBuilder api)
    {
        RouteGroupBuilder jobs = api.MapGroup("/jobs").WithTags("Jobs");
        jobs.MapGet("", List).WithName("ListJobs").WithSummary("List jobs, newest first").ProducesProblems(400, 503);
        jobs.MapGet("/{id}", Get).WithName("GetJob").WithSummary("One job; with 'Accept: text/event-stream', its progress as it comes")
            .WithDescription("As server-sent events: an event 'job' with the job as data at once and whenever it gets on. The stream ends when the job has ended; a client that connects again with the id of that last event (Last-Event-ID) is answered 204.")
            .Produces<JobResponse>(200, "application/json", JobEvents.ContentType).Produces(204).ProducesProblems(404, 503);
        jobs.MapDelete("/{id}", DeleteAsync).WithName("DeleteJob").WithSummary("Cancel a job, or remove the record of one that has ended")
            .WithDescription("A job that waits or runs is cancelled: the answer comes when nothing of it is left, and is the job (200) in the state it ended in. Of a job that has ended only the record is removed (204); its clip stays.")
            .ProducesProblems(404, 503);
    }

    private static Ok<JobListResponse> List(
        JobStore jobs,
        [Description("Only jobs of this state: queued, running, succeeded, failed or cancelled.")] string? state = null,
        [Description("nextCursor of the page before.")] string? cursor = null,
        [Description("Most jobs of the page, 1 to 1000.")] int limit = DefaultPage)
    {
        if (limit is < 1 or > MaxPage)
            throw ApiException.BadRequest($"'limit' is {limit}; 1 to {MaxPage} is allowed.");
        JobState? wanted = state is null ? null : JobStateName.Parse(state)
            ?? throw ApiException.BadRequest($"'state' is '{state}'; one of {string.Join(", ", JobStateName.All)} is allowed.");
        JobPage page = jobs.List(wanted, cursor, limit);
        return TypedResults.Ok(new JobListResponse([.. page.Items.Select(JobResponse.From)], page.NextCursor));
    }

    private static IResult Get(string id, JobStore jobs, HttpRequest request)
    {
        Job job = jobs.Find(id) ?? throw NotFound(id);
        bool wantsEvents = request.GetTypedHeaders().Accept.Any(type => type.MediaType.Equals(JobEvents.ContentType, StringComparison.OrdinalIgnoreCase));
        return wantsEvents ? new JobEvents(jobs.WatchAsync(id)) : TypedResults.Ok(JobResponse.From(job));
    }

    private static async Task<Results<Ok<JobResponse>, NoContent>> DeleteAsync(string id, JobStore jobs, CancellationToken cancellationToken)
    {
        try
        {
            return await jobs.CancelOrRemoveAsync(id, cancellationToken) is { } job ? TypedResults.Ok(JobResponse.From(job)) : TypedResults.NoContent();
        }
        catch (KeyNotFoundException)
        {
            throw NotFound(id);
        }
    }

    private static ApiException NotFound(string id) => new(StatusCodes.Status404NotFound, $"There is no job '{id}'.");
}
