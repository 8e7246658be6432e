namespace CavMae.Retrieval.Search;

/// <summary>How well one direction of retrieval finds the true partners (CAV-MAE paper, table of zero-shot retrieval).</summary>
/// <param name="Queries">Queries asked, at least 1.</param>
/// <param name="Candidates">Candidates that each query ranked, at least 1.</param>
/// <param name="RecallAt1">Share of queries (0 to 1) whose partner ranks first.</param>
/// <param name="RecallAt5">The same within the first 5.</param>
/// <param name="RecallAt10">The same within the first 10.</param>
/// <param name="MedianRank">Median of the partners' ranks; first = 1.</param>
public sealed record RecallReport(int Queries, int Candidates, double RecallAt1, double RecallAt5, double RecallAt10, double MedianRank)
{
    /// <summary>Share of queries that guessing would answer within the first <paramref name="places"/>.</summary>
    public double ChanceAt(int places) => Math.Min(1, (double)places / Candidates);

    /// <summary>The rank that guessing gives in the middle.</summary>
    public double ChanceMedianRank => (Candidates + 1) / 2.0;

    /// <summary>The report of a full matrix of scores; see <see cref="RetrievalRanks.FromScores"/>.</summary>
    /// <param name="scores">[count, count], true pairs on the diagonal, higher fits better.</param>
    /// <param name="count">Pairs, at least 1.</param>
    /// <param name="columnsAsk">False: rows are the queries. True: columns are.</param>
    /// <exception cref="ArgumentException">Another number of scores, or one that is not a number.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is below 1.</exception>
    public static RecallReport FromScores(ReadOnlySpan<float> scores, int count, bool columnsAsk = false) =>
        FromRanks(RetrievalRanks.FromScores(scores, count, columnsAsk), count);

    /// <summary>The report of ranks found otherwise.</summary>
    /// <param name="ranks">One rank a query, 1 to <paramref name="candidates"/>; see <see cref="RetrievalRanks.Of"/>.</param>
    /// <param name="candidates">Candidates that each query ranked.</param>
    /// <exception cref="ArgumentException">No rank, or one out of range.</exception>
    public static RecallReport FromRanks(ReadOnlySpan<double> ranks, int candidates)
    {
        if (ranks.IsEmpty)
            throw new ArgumentException("There is no rank to report on.", nameof(ranks));
        double[] sorted = ranks.ToArray();
        Array.Sort(sorted);
        // Sorting puts NaN first, so that the two ends tell of all ranks.
        if (!(sorted[0] >= 1 && sorted[^1] <= candidates))
            throw new ArgumentException($"Ranks lie between 1 and {candidates}; these reach from {sorted[0]} to {sorted[^1]}.", nameof(ranks));
        double median = (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        return new RecallReport(sorted.Length, candidates, Share(sorted, 1), Share(sorted, 5), Share(sorted, 10), median);
    }

    private static double Share(double[] ranks, int places) => ranks.Count(rank => rank <= places) / (double)ranks.Length;
}
