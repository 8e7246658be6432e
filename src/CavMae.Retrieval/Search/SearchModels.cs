using CavMae.Retrieval.Index;
using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Search;

public enum SearchDirection
{
    /// <summary>Scenes whose pictures fit the query's sound.</summary>
    AudioToVideo,

    /// <summary>Scenes whose sound fits the query's pictures.</summary>
    VideoToAudio,

    /// <summary>Scenes that match in every way both sides can be compared.</summary>
    Similar,
}

/// <summary>What each direction needs of the query and compares in the store.</summary>
public static class SearchDirectionExtensions
{
    public static MediaStreams QueryStreams(this SearchDirection direction) => direction switch
    {
        SearchDirection.AudioToVideo => MediaStreams.Audio,
        SearchDirection.VideoToAudio => MediaStreams.Visual,
        _ => MediaStreams.All,
    };

    public static Pairings Pairings(this SearchDirection direction) => direction switch
    {
        SearchDirection.AudioToVideo => Index.Pairings.AudioToVisual,
        SearchDirection.VideoToAudio => Index.Pairings.VisualToAudio,
        _ => Index.Pairings.All,
    };
}

/// <summary>How the answers are chosen; the query itself comes beside it.</summary>
/// <param name="Limit">Most hits, 1 to 100.</param>
/// <param name="MinScore">Hits below this cosine (−1 to 1) are left out.</param>
/// <param name="Grouping">Best scene of each clip, or every scene.</param>
/// <param name="Filter">Which clips take part; null: all.</param>
public sealed record SearchParameters(int Limit = 10, float? MinScore = null, Grouping Grouping = Grouping.Clip, ClipFilter? Filter = null);

/// <param name="Direction">What was searched.</param>
/// <param name="QueryDuration">Length of the query.</param>
/// <param name="QueryScenes">Its scenes.</param>
/// <param name="Hits">The answers, best first.</param>
/// <param name="Timings">Where the time went.</param>
public sealed record SearchResult(SearchDirection Direction, TimeSpan QueryDuration, IReadOnlyList<QueryScene> QueryScenes, IReadOnlyList<IndexHit> Hits, SearchTimings Timings);

public sealed record QueryScene(int Index, TimeSpan Start, TimeSpan End);

/// <param name="Decode">Time waited for ffmpeg; zero for a stored clip.</param>
/// <param name="Embed">Time waited for the encoders; zero for a stored clip.</param>
/// <param name="Search">Time in the store.</param>
public sealed record SearchTimings(TimeSpan Decode, TimeSpan Embed, TimeSpan Search);
