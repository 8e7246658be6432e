using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using CavMae.Retrieval.Api.Errors;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Search;
using Microsoft.AspNetCore.Mvc;

namespace CavMae.Retrieval.Api.Endpoints;

/// <summary>Search parameters of the query string.</summary>
internal sealed class SearchQuery
{
    public const int MaxLimit = 100;

    [FromQuery(Name = "limit"), Description("Most hits."), Range(1, MaxLimit), DefaultValue(10)]
    public int? Limit { get; init; }

    [FromQuery(Name = "minScore"), Description("Hits below this cosine are left out."), Range(-1.0, 1.0)]
    public float? MinScore { get; init; }

    [FromQuery(Name = "groupBy"), Description("'clip': the best scene of each clip. 'scene': every scene."), DefaultValue("clip")]
    public string? GroupBy { get; init; }

    [FromQuery(Name = "tag"), Description("Only clips that have this tag; repeat it for clips that have them all.")]
    public string[]? Tag { get; init; }

    [FromQuery(Name = "filter"), Description(ClipFilterQuery.Description)]
    public string? Filter { get; init; }

    /// <exception cref="ApiException">A value out of range.</exception>
    /// <exception cref="ClipFilterException">A filter that cannot be understood.</exception>
    public SearchParameters ToParameters()
    {
        int limit = Limit ?? 10;
        if (limit is < 1 or > MaxLimit)
            throw ApiException.BadRequest($"'limit' is {limit}; 1 to {MaxLimit} is allowed.");
        if (MinScore is { } minScore && !(minScore is >= -1 and <= 1))
            throw ApiException.BadRequest($"'minScore' is {minScore}; -1 to 1 is allowed.");
        Grouping grouping = GroupBy switch
        {
            null or "clip" => Grouping.Clip,
            "scene" => Grouping.Scene,
            _ => throw ApiException.BadRequest($"'groupBy' is '{GroupBy}'; clip or scene is allowed."),
        };
        return new SearchParameters(limit, MinScore, grouping, ClipFilterQuery.ToFilter(Tag, Filter));
    }
}
