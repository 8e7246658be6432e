namespace CavMae.Retrieval.Search;

/// <summary>
/// Where each query's true partner stands among all candidates: 1 is first. Candidates of the very same score share the middle of the places they take
/// together, so that a model which scores everything alike gains nothing by it. Pure and thread-safe.
/// </summary>
public static class RetrievalRanks
{
    /// <summary>Rank of one candidate: 1 + candidates strictly above it + half of the others that equal it.</summary>
    /// <param name="better">Candidates with a higher score.</param>
    /// <param name="equal">Other candidates with the same score, the partner itself not counted.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative number.</exception>
    public static double Of(int better, int equal)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(better);
        ArgumentOutOfRangeException.ThrowIfNegative(equal);
        return 1 + better + (equal / 2.0);
    }

    /// <summary>Rank of one query's partner.</summary>
    /// <param name="scores">Score of every candidate, higher fits better.</param>
    /// <param name="partner">Place of the true partner in <paramref name="scores"/>.</param>
    /// <returns>1 to the number of candidates, possibly ending in .5.</returns>
    /// <exception cref="ArgumentException">A score is not a number.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such partner.</exception>
    public static double OfPartner(ReadOnlySpan<float> scores, int partner)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)partner, (uint)scores.Length, nameof(partner));
        int better = 0, equal = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            if (float.IsNaN(scores[i]))
                throw new ArgumentException($"The score of candidate {i} is not a number.", nameof(scores));
            better += scores[i] > scores[partner] ? 1 : 0;
            equal += scores[i] == scores[partner] ? 1 : 0;
        }
        return Of(better, equal - 1);
    }

    /// <summary>Ranks from a full matrix of scores.</summary>
    /// <param name="scores">[count, count], row by row, higher fits better: rows are sounds and columns pictures, say; true pairs on the diagonal.</param>
    /// <param name="count">Pairs, at least 1.</param>
    /// <param name="columnsAsk">False: each row is a query and ranks the columns. True: each column is a query and ranks the rows.</param>
    /// <returns>One rank a query, in order, 1 to count, possibly ending in .5.</returns>
    /// <exception cref="ArgumentException">Another number of scores, or one that is not a number.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is below 1.</exception>
    public static double[] FromScores(ReadOnlySpan<float> scores, int count, bool columnsAsk = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (scores.Length != (long)count * count)
            throw new ArgumentException($"{count} pairs have {(long)count * count} scores; these are {scores.Length}.", nameof(scores));
        float[] partners = new float[count];
        for (int pair = 0; pair < count; pair++)
            partners[pair] = scores[(pair * count) + pair];
        int[] better = new int[count], equal = new int[count];
        // Row by row in either direction: memory is read as it lies.
        for (int row = 0; row < count; row++)
        {
            ReadOnlySpan<float> line = scores.Slice(row * count, count);
            for (int column = 0; column < count; column++)
            {
                if (float.IsNaN(line[column]))
                    throw new ArgumentException($"The score in row {row}, column {column} is not a number.", nameof(scores));
                int query = columnsAsk ? column : row;
                better[query] += line[column] > partners[query] ? 1 : 0;
                equal[query] += line[column] == partners[query] ? 1 : 0;
            }
        }
        // Every partner equals itself.
        return [.. better.Zip(equal, (above, alike) => Of(above, alike - 1))];
    }
}
