namespace CavMae.Retrieval.Index.Embedded;

/// <summary>A stored scene that may become a hit.</summary>
internal readonly record struct Candidate(float Score, StoredClip Clip, int Scene, int QueryScene)
{
    /// <summary>The order of hits: best first; equal scores by clip id, stored scene, query scene. No two scenes are equal in it.</summary>
    public bool Precedes(in Candidate other)
    {
        if (Score != other.Score)
            return Score > other.Score;
        var byClip = Clip == other.Clip ? 0 : string.CompareOrdinal(Clip.Id, other.Clip.Id);
        if (byClip != 0)
            return byClip < 0;
        return Scene != other.Scene ? Scene < other.Scene : QueryScene < other.QueryScene;
    }
}

/// <summary>
/// The best candidates seen so far, in order. Grouped by clip, one for each clip: a clip that fell out comes back only with a
/// better scene, so what is kept is exact at any moment, and merging several of them gives what one alone would have kept.
/// </summary>
internal sealed class TopHits(int limit, float minScore, Grouping grouping)
{
    private readonly Candidate[] kept = new Candidate[limit];
    private int count;

    public ReadOnlySpan<Candidate> Kept => kept.AsSpan(0, count);

    /// <summary>Whether a score may still matter. Cheap, so that the scan touches a clip's data only where it does.</summary>
    public bool IsOpenTo(float score) => score >= minScore && (count < limit || score >= kept[count - 1].Score);

    public void Offer(in Candidate candidate)
    {
        if (!IsOpenTo(candidate.Score))
            return;
        var end = count;
        if (grouping == Grouping.Clip)
        {
            var same = IndexOf(candidate.Clip);
            if (same >= 0 && !candidate.Precedes(kept[same]))
                return;
            if (same >= 0)
                end = same;
        }
        // The place at `end` is the same clip's weaker scene, or a new one, or what falls out because all are taken.
        if (end == limit)
        {
            if (!candidate.Precedes(kept[limit - 1]))
                return;
            end = limit - 1;
        }
        else if (end == count)
        {
            count++;
        }
        var place = end;
        while (place > 0 && candidate.Precedes(kept[place - 1]))
        {
            kept[place] = kept[place - 1];
            place--;
        }
        kept[place] = candidate;
    }

    public void Merge(TopHits other)
    {
        foreach (ref readonly var candidate in other.Kept)
            Offer(candidate);
    }

    private int IndexOf(StoredClip clip)
    {
        for (var i = 0; i < count; i++)
            if (kept[i].Clip == clip)
                return i;
        return -1;
    }
}
