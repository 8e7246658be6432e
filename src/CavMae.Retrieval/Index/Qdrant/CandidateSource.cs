namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>A stored scene that a search has named.</summary>
internal sealed record Candidate(Guid Id, string ClipId, Guid Revision, int SceneIndex)
{
    /// <summary>The products seen, by list.</summary>
    public Dictionary<int, double> Products { get; } = [];
}

/// <summary>The answers of one round of searches.</summary>
/// <param name="Candidates">Every scene named, once.</param>
/// <param name="Floors">By list: the least product of its answer, which no scene outside exceeds; minus infinity where all there are were given.</param>
/// <param name="HidesTies">A group was cut off among equal scores: which of its scenes comes first is not known.</param>
internal sealed record CandidateRound(IReadOnlyCollection<Candidate> Candidates, double[] Floors, bool HidesTies)
{
    public ProductBound Product(Candidate? candidate, int list) =>
        candidate is not null && candidate.Products.TryGetValue(list, out var product) ? new ProductBound(product, IsSeen: true) : new ProductBound(Floors[list], IsSeen: false);

    public bool IsComplete => Floors.All(double.IsNegativeInfinity);
}

/// <summary>
/// Asks Qdrant for the scenes with the largest products: one list for each query scene and stored side. List 2·i is query scene i against stored
/// sound, 2·i + 1 against stored pictures.
/// </summary>
internal sealed class CandidateSource(QdrantClient client, QdrantCollections collections, QdrantIndexOptions options, IndexQuery query, PairScores scores)
{
    /// <summary>Scenes of a clip that are given where only the best counts: the best, and some that may equal it.</summary>
    private const int GroupSize = 4;

    private static readonly string[] Fields = [ScenePayload.ClipField, ScenePayload.RevisionField, ScenePayload.SceneField];

    private readonly QdrantCondition[] conditions = [.. FilterTranslation.Translate(query.Filter)];

    private readonly (int List, string Using, QuerySide Side)[] lists =
    [
        .. Enumerable.Range(0, query.Scenes.Count).SelectMany(i => new[]
        {
            (List: 2 * i, Using: QdrantCollections.AudioVector, Side: scores.Audio[i]),
            (List: (2 * i) + 1, Using: QdrantCollections.VisualVector, Side: scores.Visual[i]),
        }).Where(list => list.Side.Pairs > 0),
    ];

    /// <summary>False where the query has nothing that is to be compared.</summary>
    public bool HasLists => lists.Length > 0;

    /// <summary>
    /// Whether Qdrant may pick the best scene of each clip itself: with one list, its order is the score's; with several, a clip's best scene
    /// need not lead any.
    /// </summary>
    public bool CanGroup => query.Grouping is Grouping.Clip && lists.Length == 1;

    /// <param name="depth">Scenes (clips, grouped) a list gives at most.</param>
    /// <param name="hidden">Revisions that are not live.</param>
    public async Task<CandidateRound> AskAsync(int depth, bool grouped, IReadOnlyCollection<Guid> hidden, CancellationToken cancellationToken)
    {
        var found = new Dictionary<Guid, Candidate>();
        var floors = new double[2 * query.Scenes.Count];
        Array.Fill(floors, double.NegativeInfinity);
        var filter = FilterWithout(hidden);
        if (grouped)
            return await AskGroupsAsync(depth, filter, floors, cancellationToken).ConfigureAwait(false);
        foreach (var part in lists.Chunk(options.BatchSize))
        {
            var answers = await client.SearchAsync(collections.Scenes, [.. part.Select(list => Request(list.Using, list.Side, filter, depth))], cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < part.Length; i++)
                floors[part[i].List] = Add(found, part[i].List, part[i].Side, answers[i].Points, isFull: answers[i].Points.Count >= depth);
        }
        return new CandidateRound(found.Values, floors, HidesTies: false);
    }

    private async Task<CandidateRound> AskGroupsAsync(int depth, QdrantFilter filter, double[] floors, CancellationToken cancellationToken)
    {
        var found = new Dictionary<Guid, Candidate>();
        var (list, use, side) = lists[0];
        // By revision, not by clip: a dead revision must not stand before the live one.
        var request = Request(use, side, filter, depth) with { GroupBy = ScenePayload.RevisionField, GroupSize = GroupSize };
        var groups = (await client.SearchGroupsAsync(collections.Scenes, request, cancellationToken).ConfigureAwait(false)).Groups.Where(group => group.Hits.Count > 0).ToList();
        foreach (var group in groups)
            Add(found, list, side, group.Hits, isFull: false);
        if (groups.Count >= depth)
            floors[list] = groups.Min(group => group.Hits.Max(hit => hit.Score)) * side.Length;
        var hidesTies = groups.Any(group => group.Hits.Count >= GroupSize && group.Hits[0].Score - group.Hits[^1].Score <= SceneSearch.Margin);
        // Qdrant gives up collecting groups after some requests: fewer than were asked for need not be all there are.
        var mayLackGroups = groups.Count > 0 && groups.Count < depth;
        return new CandidateRound(found.Values, floors, hidesTies || mayLackGroups);
    }

    private static double Add(Dictionary<Guid, Candidate> found, int list, QuerySide side, IReadOnlyList<ScoredPoint> points, bool isFull)
    {
        var least = double.PositiveInfinity;
        foreach (var point in points)
        {
            if (point.Payload is not { Clip: { } clipId, Revision: { } revision, Scene: { } scene })
                continue;
            if (!found.TryGetValue(point.Id, out var candidate))
                found[point.Id] = candidate = new Candidate(point.Id, clipId, revision, scene);
            candidate.Products[list] = point.Score * side.Length;
            least = Math.Min(least, point.Score * side.Length);
        }
        return isFull ? least : double.NegativeInfinity;
    }

    private QdrantFilter FilterWithout(IReadOnlyCollection<Guid> hidden)
    {
        List<QdrantCondition> without = [];
        if (hidden.Count > 0)
            without.Add(SceneStore.HasRevisionOf(hidden));
        if (query.ExcludedClipId is not null)
            without.Add(QdrantCondition.Is(ScenePayload.ClipField, query.ExcludedClipId));
        return new QdrantFilter { Must = conditions.Length == 0 ? null : conditions, MustNot = without.Count == 0 ? null : without };
    }

    private SearchRequest Request(string use, QuerySide side, QdrantFilter filter, int depth) => new()
    {
        Query = side.Vector,
        Using = use,
        Filter = filter,
        Limit = depth,
        Params = new QdrantSearchParameters(options.ExactSearch, options.ExactSearch
            ? new QdrantQuantizationParameters(Ignore: true, null, null)
            : options.Int8Quantization ? new QdrantQuantizationParameters(Ignore: false, options.Rescore, options.Oversampling) : null),
        WithPayload = Fields,
    };
}
