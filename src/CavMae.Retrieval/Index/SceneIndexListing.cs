using System.Runtime.CompilerServices;

namespace CavMae.Retrieval.Index;

/// <summary>A whole store's clips, page by page.</summary>
public static class SceneIndexListing
{
    private const int PageSize = 200;

    /// <summary>All clips that pass the filter, in the order of their first upload; those that come meanwhile are given too.</summary>
    public static async IAsyncEnumerable<ClipRecord> ListAllAsync(this ISceneIndex index, ClipFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(filter);
        string? cursor = null;
        do
        {
            ClipPage page = await index.ListAsync(filter, cursor, PageSize, cancellationToken).ConfigureAwait(false);
            foreach (ClipRecord clip in page.Items)
                yield return clip;
            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }
}
