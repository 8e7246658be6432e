using Microsoft.Extensions.Logging;

namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>
/// One search. Each round asks for candidates, looks up which of their revisions are live, and scores those that can matter from their vectors.
/// A round is the answer when no scene outside it can reach the answer's last score, and every clip in it was live at the same revision before the
/// round began as after it; else the next one asks deeper, without the revisions found dead.
/// </summary>
/// <param name="seenLive">Revisions seen live, by clip: what was, and is again after a round, was all the time, since no revision comes back.</param>
internal sealed partial class SceneSearch(QdrantClient client, QdrantCollections collections, ClipCommits commits, SceneStore scenes,
    QdrantIndexOptions options, SeenRevisions seenLive, ILogger logger, IndexQuery query, int dimension)
{
    /// <summary>How far Qdrant's float32 products and ours may differ: below it, scores count as equal when something is to be proven.</summary>
    public const double Margin = 2e-5;

    private const int MaxRounds = 64;
    private const int VectorsAtOnce = 64;

    private readonly PairScores scores = new(query, dimension);
    private readonly Dictionary<Guid, ScoredPair?> scored = [];

    /// <summary>Revisions found not to be live, with their clips.</summary>
    private readonly Dictionary<Guid, string> hidden = [];

    public async Task<IReadOnlyList<IndexHit>> RunAsync(CancellationToken cancellationToken)
    {
        var source = new CandidateSource(client, collections, options, query, scores);
        if (!source.HasLists)
            return [];
        var grouped = source.CanGroup;
        var depth = Math.Min(options.MaxCandidates, query.Limit + 32);
        for (var round = 1; ; round++)
        {
            var began = SeenRevisions.Now;
            var answers = await source.AskAsync(depth, grouped, hidden.Keys, cancellationToken).ConfigureAwait(false);
            var live = await commits.FindAsync([.. answers.Candidates.Select(candidate => candidate.ClipId).Concat(hidden.Values).Distinct(StringComparer.Ordinal)],
                withMetadata: query.Filter.Conditions.Count > 0, cancellationToken).ConfigureAwait(false);
            var settled = Settle(answers, live, began, out var verified);
            var best = await PickAsync(answers, verified, live, cancellationToken).ConfigureAwait(false);
            var isProven = best is not null && IsProven(answers, best);
            if (isProven && answers.HidesTies)
            {
                grouped = false;
                continue;
            }
            var isLast = round >= MaxRounds || (settled && best is not null && depth >= options.MaxCandidates);
            if ((isProven && settled) || isLast)
            {
                if (!isProven)
                    LogUnproven(logger, depth, nameof(QdrantIndexOptions.MaxCandidates));
                return [.. (best ?? []).Select(hit => ToHit(hit, live))];
            }
            if (!isProven)
                depth = (int)Math.Min(options.MaxCandidates, depth * 2L);
        }
    }

    /// <summary>
    /// True where every clip that was met was live at one revision from before the round until after it, and no candidate is of another one. It takes
    /// in the clips of hidden revisions: one that was hidden because it was being written may be the live one now.
    /// </summary>
    /// <param name="verified">Candidates of clips for which it is true.</param>
    private bool Settle(CandidateRound answers, Dictionary<string, CommittedClip> live, long began, out List<Candidate> verified)
    {
        verified = [];
        var isSettled = true;
        foreach (var candidate in answers.Candidates)
        {
            if (live.GetValueOrDefault(candidate.ClipId)?.Revision != candidate.Revision)
                isSettled &= !hidden.TryAdd(candidate.Revision, candidate.ClipId);
            else if (seenLive.WasLiveBefore(began, candidate.ClipId, candidate.Revision))
                verified.Add(candidate);
        }
        foreach (var (clipId, clip) in live)
        {
            isSettled &= !hidden.Remove(clip.Revision) && seenLive.WasLiveBefore(began, clipId, clip.Revision);
            seenLive.Add(clipId, clip.Revision);
        }
        return isSettled;
    }

    /// <summary>The best of the candidates; null where one's vectors have gone meanwhile.</summary>
    private async Task<List<Hit>?> PickAsync(CandidateRound answers, List<Candidate> candidates, Dictionary<string, CommittedClip> live, CancellationToken cancellationToken)
    {
        var allowed = candidates.Where(candidate => query.Filter.Matches(live[candidate.ClipId].Record.Tags, live[candidate.ClipId].Record.Metadata))
            .Select(candidate => (Candidate: candidate, Bound: BoundOf(answers, candidate))).OrderByDescending(pair => pair.Bound);
        var picked = new List<Hit>();
        foreach (var part in allowed.Chunk(VectorsAtOnce))
        {
            picked = Rank(picked);
            var wanted = part.Where(pair => pair.Bound >= Threshold(picked) - Margin).Select(pair => pair.Candidate).ToList();
            if (wanted.Count == 0)
                break;
            var vectors = await scenes.ReadVectorsAsync([.. wanted.Select(candidate => candidate.Id).Where(id => !scored.ContainsKey(id))], cancellationToken).ConfigureAwait(false);
            foreach (var (id, stored) in vectors)
                scored[id] = scores.Score(stored);
            foreach (var candidate in wanted)
            {
                if (!scored.TryGetValue(candidate.Id, out var pair))
                    return null;
                if (pair is not null && pair.Score >= (query.MinScore ?? -1))
                    picked.Add(new Hit(candidate, pair));
            }
        }
        return Rank(picked);
    }

    private List<Hit> Rank(List<Hit> hits)
    {
        IEnumerable<Hit> ordered = hits.OrderByDescending(hit => hit.Pair.Score).ThenBy(hit => hit.Candidate.ClipId, StringComparer.Ordinal).ThenBy(hit => hit.Candidate.SceneIndex);
        if (query.Grouping is Grouping.Clip)
            ordered = ordered.DistinctBy(hit => hit.Candidate.ClipId);
        return [.. ordered.Take(query.Limit)];
    }

    /// <summary>What a scene has to reach to matter.</summary>
    private double Threshold(List<Hit> best) => Math.Max(query.MinScore ?? double.NegativeInfinity, best.Count == query.Limit ? best[^1].Pair.Score : double.NegativeInfinity);

    /// <summary>
    /// Whether no scene outside the round belongs in the answer. The graph's lists may lack a scene at any depth: there, as many hits as are asked for
    /// are enough, and so are lists that end below the score that is asked for.
    /// </summary>
    private bool IsProven(CandidateRound answers, List<Hit> best) => answers.IsComplete || (options.ExactSearch
        ? BestOutside(answers) < Threshold(best) - Margin
        : best.Count == query.Limit || BestOutside(answers) < (query.MinScore ?? double.NegativeInfinity));

    private double BestOutside(CandidateRound answers) => BoundOf(answers, null);

    private double BoundOf(CandidateRound answers, Candidate? candidate)
    {
        var best = double.NegativeInfinity;
        for (var i = 0; i < query.Scenes.Count; i++)
            best = Math.Max(best, scores.Bound(i, answers.Product(candidate, 2 * i), answers.Product(candidate, (2 * i) + 1)));
        return best;
    }

    private static IndexHit ToHit(Hit hit, Dictionary<string, CommittedClip> live)
    {
        var record = live[hit.Candidate.ClipId].Record;
        return new IndexHit(hit.Pair.Score, hit.Pair.Parts, record with { Metadata = [] }, record.Scenes.First(scene => scene.Index == hit.Candidate.SceneIndex), hit.Pair.QueryScene);
    }

    private sealed record Hit(Candidate Candidate, ScoredPair Pair);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A search in Qdrant ended after {Depth} candidates a list without proof that no scene beyond them belongs in the answer; see Index:Qdrant:{Option}.")]
    private static partial void LogUnproven(ILogger logger, int depth, string option);
}
