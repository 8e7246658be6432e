using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Tests.Index;

/// <summary>Search as the documentation says it, slowly and in double precision: every pair is scored, everything is sorted.</summary>
internal static class SearchOracle
{
    public sealed record Hit(double Score, string ClipId, int Scene, int QueryScene, double?[] Parts);

    public static IReadOnlyList<Hit> Search(IEnumerable<(ClipRecord Clip, IReadOnlyList<SceneEmbedding> Scenes)> store, IndexQuery query)
    {
        var hits = new List<Hit>();
        foreach (var (clip, scenes) in store)
        {
            if (clip.Id == query.ExcludedClipId || !query.Filter.Matches(clip.Tags, clip.Metadata))
                continue;
            foreach (var scene in scenes)
                if (Best(query, clip.Id, scene) is { } hit && hit.Score >= (query.MinScore ?? -1))
                    hits.Add(hit);
        }
        IEnumerable<Hit> ordered = hits.OrderByDescending(hit => hit.Score).ThenBy(hit => hit.ClipId, StringComparer.Ordinal).ThenBy(hit => hit.Scene);
        if (query.Grouping == Grouping.Clip)
            ordered = ordered.DistinctBy(hit => hit.ClipId);
        return [.. ordered.Take(query.Limit)];
    }

    private static Hit? Best(IndexQuery query, string clipId, SceneEmbedding stored)
    {
        Hit? best = null;
        for (var i = 0; i < query.Scenes.Count; i++)
        {
            var asking = query.Scenes[i];
            double?[] parts =
            [
                Cosine(query, Pairings.AudioToVisual, asking.Audio, stored.Visual),
                Cosine(query, Pairings.VisualToAudio, asking.Visual, stored.Audio),
                Cosine(query, Pairings.AudioToAudio, asking.Audio, stored.Audio),
                Cosine(query, Pairings.VisualToVisual, asking.Visual, stored.Visual),
            ];
            if (parts.Average() is { } score && !(best?.Score >= score))
                best = new Hit(score, clipId, stored.Index, i, parts);
        }
        return best;
    }

    private static double? Cosine(IndexQuery query, Pairings pairing, float[]? left, float[]? right)
    {
        if (left is null || right is null || !query.Pairings.HasFlag(pairing))
            return null;
        return left.Zip(right, (x, y) => (double)x * y).Sum();
    }
}
