using System.Diagnostics;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Search;

/// <summary>A query's way out: media or a stored clip in, the scenes that fit it out.</summary>
public sealed class SearchService(MediaEmbedder embedder, ISceneIndex index, RetrievalMetrics metrics)
{
    /// <summary>Searches with a media file.</summary>
    /// <exception cref="MediaException">The file cannot be used, or lacks the sound or the pictures this direction asks with.</exception>
    /// <exception cref="BusyException">Too much waits to be decoded or encoded already; nothing was begun.</exception>
    public async Task<SearchResult> SearchAsync(string path, SearchDirection direction, SearchParameters parameters, CancellationToken cancellationToken = default)
    {
        EmbeddedMedia query = await embedder.EmbedAsync(path, direction.QueryStreams(), cancellationToken).ConfigureAwait(false);
        return await SearchAsync(query.Scenes, query.Info.Duration, direction, parameters, excludedClipId: null,
            query.DecodeTime, query.EmbedTime, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Searches with a stored clip, which is itself left out; null where there is no such clip.</summary>
    /// <exception cref="MediaException">The clip lacks the sound or the pictures this direction asks with.</exception>
    public async Task<SearchResult?> FindMatchesAsync(string clipId, SearchDirection direction, SearchParameters parameters, CancellationToken cancellationToken = default)
    {
        ClipRecord? clip = await index.GetAsync(clipId, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<SceneEmbedding>? scenes = await index.GetEmbeddingsAsync(clipId, cancellationToken).ConfigureAwait(false);
        if (clip is null || scenes is null)
            return null;
        return await SearchAsync(scenes, clip.Duration, direction, parameters, clipId, TimeSpan.Zero, TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
    }

    private async Task<SearchResult> SearchAsync(IReadOnlyList<SceneEmbedding> scenes, TimeSpan duration, SearchDirection direction,
        SearchParameters parameters, string? excludedClipId, TimeSpan decode, TimeSpan embed, CancellationToken cancellationToken)
    {
        MediaStreams needed = direction.QueryStreams();
        List<SceneEmbedding> usable = [.. scenes.Where(scene =>
            (needed.HasFlag(MediaStreams.Audio) && scene.Audio is not null) || (needed.HasFlag(MediaStreams.Visual) && scene.Visual is not null))];
        if (usable.Count == 0)
            throw new MediaException(MediaError.MissingStream, MissingMessage(needed));
        long start = Stopwatch.GetTimestamp();
        IReadOnlyList<IndexHit> hits = await index.SearchAsync(new IndexQuery
        {
            Scenes = usable,
            Pairings = direction.Pairings(),
            Limit = parameters.Limit,
            MinScore = parameters.MinScore,
            Grouping = parameters.Grouping,
            Filter = parameters.Filter ?? ClipFilter.None,
            ExcludedClipId = excludedClipId,
        }, cancellationToken).ConfigureAwait(false);
        TimeSpan search = Stopwatch.GetElapsedTime(start);
        metrics.RecordSearch(search);
        return new SearchResult(direction, duration, [.. usable.Select(s => new QueryScene(s.Index, s.Start, s.End))], hits, new SearchTimings(decode, embed, search));
    }

    private static string MissingMessage(MediaStreams needed) => needed switch
    {
        MediaStreams.Audio => "The query has no sound of at least 25 ms (audio stream); this search asks with sound.",
        MediaStreams.Visual => "The query has no pictures (video stream or still image); this search asks with pictures.",
        _ => "The query has neither sound nor pictures.",
    };
}
