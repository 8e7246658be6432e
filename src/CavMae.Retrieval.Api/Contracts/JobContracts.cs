using CavMae.Retrieval.Ingest.Jobs;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace CavMae.Retrieval.Api.Contracts;

/// <summary>An upload that is made a clip in the background.</summary>
/// <param name="State">queued, running, succeeded, failed or cancelled.</param>
/// <param name="ClipId">The stored clip, where it succeeded.</param>
/// <param name="Problem">Where it failed: what a request that waited would have been answered.</param>
public sealed record JobResponse(
    string Id,
    string State,
    JobProgressResponse Progress,
    string? ClipId,
    JobProblemResponse? Problem,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt)
{
    public static JobResponse From(Job job) => new(
        job.Id, JobStateName.Of(job.State), JobProgressResponse.From(job.Progress), job.ClipId, job.Problem is { } problem ? JobProblemResponse.From(problem) : null,
        job.CreatedAt, job.StartedAt, job.EndedAt);
}

/// <param name="ScenesDone">Scenes that are embedded and kept.</param>
/// <param name="ScenesTotal">Null until the file was looked at.</param>
/// <param name="SecondsDone">How far into the media that is.</param>
/// <param name="SecondsTotal">Length of the media; null until the file was looked at.</param>
/// <param name="SecondsLeft">Time left, from the speed so far; null unless the job runs.</param>
public sealed record JobProgressResponse(int ScenesDone, int? ScenesTotal, double SecondsDone, double? SecondsTotal, double? SecondsLeft)
{
    public static JobProgressResponse From(JobProgress progress) => new(
        progress.ScenesDone, progress.ScenesTotal, progress.Done.TotalSeconds, progress.Total?.TotalSeconds,
        progress.Left is { } left ? Math.Round(left.TotalSeconds, 1) : null);
}

/// <summary>Problem details (RFC 9457).</summary>
public sealed record JobProblemResponse(string? Type, string? Title, int Status, string Detail)
{
    public static JobProblemResponse From(JobProblem problem)
    {
        // The same type and title as an answer of this status has.
        ProblemHttpResult answer = TypedResults.Problem(new ProblemDetails { Status = problem.Status });
        return new JobProblemResponse(answer.ProblemDetails.Type, answer.ProblemDetails.Title, problem.Status, problem.Detail);
    }
}

/// <summary>One page of jobs, newest first; ask with <c>cursor=nextCursor</c> for the next, null at the end.</summary>
public sealed record JobListResponse(IReadOnlyList<JobResponse> Items, string? NextCursor);
