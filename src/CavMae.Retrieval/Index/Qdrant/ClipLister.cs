namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>Pages of the list of clips.</summary>
internal sealed class ClipLister(ClipCommits commits)
{
    /// <summary>Clips asked for beyond a page: the one that tells whether there is a next page, and some for filters that Qdrant knows only roughly.</summary>
    private const int Spare = 16;

    public async Task<ClipPage> ListAsync(ClipFilter filter, string? cursor, int limit, CancellationToken cancellationToken)
    {
        var position = cursor is null ? default : QdrantCursor.Read(cursor);
        var found = new List<(QdrantCursor Place, ClipRecord Record)>();
        var ask = limit + Spare;
        for (var isAll = false; !isAll && found.Count <= limit;)
        {
            var clips = await commits.ListAsync(filter, position.Sequence == 0 ? null : position.Sequence, ask, cancellationToken).ConfigureAwait(false);
            isAll = clips.Count < ask;
            var ordered = clips.Select(clip => (Place: new QdrantCursor(clip.Sequence, PointIds.OfClip(clip.Record.Id)), clip.Record)).OrderBy(clip => clip.Place).ToList();
            // Of the clips at the last place some may be missing: they are asked for again, as the first ones of the next answer.
            if (!isAll)
                ordered.RemoveAll(clip => clip.Place.Sequence == clips[^1].Sequence);
            if (!isAll && ordered.TrueForAll(clip => clip.Place.CompareTo(position) <= 0))
                ask *= 2;
            foreach (var clip in ordered.Where(clip => clip.Place.CompareTo(position) > 0))
            {
                position = clip.Place;
                if (filter.Matches(clip.Record.Tags, clip.Record.Metadata))
                    found.Add(clip);
            }
        }
        return new ClipPage([.. found.Take(limit).Select(clip => clip.Record)], found.Count > limit ? found[limit - 1].Place.Write() : null);
    }
}
