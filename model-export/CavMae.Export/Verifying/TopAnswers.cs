namespace CavMae.Export.Verifying;

/// <summary>The first answers of a query, and how many of them two rankings share.</summary>
internal static class TopAnswers
{
    /// <summary>Answers that count.</summary>
    public const int Places = 10;

    /// <summary>The places of the highest scores, best first; of equal scores the earlier one first, in every ranking alike.</summary>
    public static int[] Of(ReadOnlySpan<float> scores, int places = Places)
    {
        Span<int> best = stackalloc int[places];
        int count = 0;
        for (int candidate = 0; candidate < scores.Length; candidate++)
        {
            int at = count;
            while (at > 0 && scores[candidate] > scores[best[at - 1]])
                at--;
            if (at == places)
                continue;
            count = Math.Min(count + 1, places);
            best[at..(count - 1)].CopyTo(best[(at + 1)..count]);
            best[at] = candidate;
        }
        return best[..count].ToArray();
    }

    /// <summary>Share (0 to 1) of the first answers that both rankings of the same candidates give, whatever their order.</summary>
    /// <param name="first">One score a candidate, at least one.</param>
    /// <param name="second">The other ranking's scores of the same candidates.</param>
    public static double Overlap(ReadOnlySpan<float> first, ReadOnlySpan<float> second, int places = Places)
    {
        int[] answers = Of(first, places);
        return answers.Intersect(Of(second, places)).Count() / (double)answers.Length;
    }
}
