using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Search;

namespace CavMae.Retrieval.Cli.Evaluating;

/// <summary>Asks the store with one side of every pair and finds the rank of the other among all of them.</summary>
internal sealed class PairRanker(ISceneIndex index, IReadOnlyList<StoredPair> pairs)
{
    private readonly string[] blocks = [.. pairs.SelectMany(pair => new[] { pair.Sound, pair.Pictures }).Select(BlockTags.Of).OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <param name="direction">Either way between sound and pictures.</param>
    /// <param name="report">Told after each query.</param>
    /// <param name="cancellationToken">Stops between searches.</param>
    /// <exception cref="StoreUnavailableException">A candidate has no score.</exception>
    public async Task<RecallReport> RunAsync(SearchDirection direction, Action report, CancellationToken cancellationToken)
    {
        bool soundAsks = direction is SearchDirection.AudioToVideo;
        Dictionary<string, int> places = new(StringComparer.Ordinal);
        for (int i = 0; i < pairs.Count; i++)
            places.Add((soundAsks ? pairs[i].Pictures : pairs[i].Sound).Id, i);
        double[] ranks = new double[pairs.Count];
        float[] scores = new float[pairs.Count];
        for (int i = 0; i < pairs.Count; i++)
        {
            // A candidate without a hit stays no number, which is refused.
            Array.Fill(scores, float.NaN);
            IReadOnlyList<SceneEmbedding> scenes = await ReadAsync((soundAsks ? pairs[i].Sound : pairs[i].Pictures).Id, soundAsks, cancellationToken).ConfigureAwait(false);
            foreach (string block in blocks)
                foreach (IndexHit hit in await SearchAsync(scenes, direction, block, cancellationToken).ConfigureAwait(false))
                    if (places.TryGetValue(hit.Clip.Id, out int place))
                        scores[place] = hit.Score;
            int without = Array.FindIndex(scores, float.IsNaN);
            if (without >= 0)
                throw new StoreUnavailableException($"'{pairs[without].Name}' has no score for '{pairs[i].Name}': it went from the store while it was evaluated, or the model gave vectors that are not numbers.");
            ranks[i] = RetrievalRanks.OfPartner(scores, i);
            report();
        }
        return RecallReport.FromRanks(ranks, pairs.Count);
    }

    private async Task<IReadOnlyList<SceneEmbedding>> ReadAsync(string clipId, bool withSound, CancellationToken cancellationToken)
    {
        IReadOnlyList<SceneEmbedding> scenes = await index.GetEmbeddingsAsync(clipId, cancellationToken).ConfigureAwait(false)
            ?? throw new StoreUnavailableException($"Clip '{clipId}' went from the store while it was evaluated.");
        return [.. scenes.Where(scene => (withSound ? scene.Audio : scene.Visual) is not null)];
    }

    private Task<IReadOnlyList<IndexHit>> SearchAsync(IReadOnlyList<SceneEmbedding> scenes, SearchDirection direction, string block, CancellationToken cancellationToken) =>
        index.SearchAsync(new IndexQuery { Scenes = scenes, Pairings = direction.Pairings(), Limit = BlockTags.ClipsPerBlock, Grouping = Grouping.Clip, Filter = new ClipFilter { Tags = [block] } }, cancellationToken);
}
