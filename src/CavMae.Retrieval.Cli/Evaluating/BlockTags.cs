using System.Globalization;
using CavMae.Retrieval.Cli.Hosting;
using CavMae.Retrieval.Index;

namespace CavMae.Retrieval.Cli.Evaluating;

/// <summary>
/// A search gives 100 hits at most, and an evaluation needs the score of every candidate. So its clips are tagged in blocks of 100, and each block is
/// searched on its own: together that is the full ranking, by the store's own search and whatever store it is. Thread-safe.
/// </summary>
internal sealed class BlockTags
{
    /// <summary>Most clips of a block, and so the limit of a search within it.</summary>
    public const int ClipsPerBlock = 100;

    private const int PageSize = 1000;
    private const string Prefix = "evaluation-block-";

    private readonly int firstBlock;
    private readonly int clipsPerBlock;
    private int given;

    private BlockTags(int firstBlock, int clipsPerBlock) => (this.firstBlock, this.clipsPerBlock) = (firstBlock, clipsPerBlock);

    /// <summary>New blocks, after those that earlier evaluations left in the store.</summary>
    /// <param name="index">The store.</param>
    /// <param name="dataFolder">Its folder, for messages.</param>
    /// <param name="cancellationToken">Stops reading the store.</param>
    /// <param name="clipsPerBlock">1 to <see cref="ClipsPerBlock"/>.</param>
    /// <exception cref="StartException">The store holds clips that no evaluation put there.</exception>
    public static async Task<BlockTags> BeginAsync(ISceneIndex index, string dataFolder, CancellationToken cancellationToken, int clipsPerBlock = ClipsPerBlock)
    {
        int next = 0;
        string? cursor = null;
        do
        {
            ClipPage page = await index.ListAsync(ClipFilter.None, cursor, PageSize, cancellationToken).ConfigureAwait(false);
            foreach (ClipRecord clip in page.Items)
            {
                if (Of(clip) is not { } tag || !int.TryParse(tag.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int block))
                    throw new StartException($"The data folder '{dataFolder}' holds clips that are not of an evaluation ('{clip.Title}'). Name another folder with --data, or leave it out.");
                next = Math.Max(next, block + 1);
            }
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return new BlockTags(next, clipsPerBlock);
    }

    /// <summary>The tag of one more clip.</summary>
    public string Next() => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{firstBlock + ((Interlocked.Increment(ref given) - 1) / clipsPerBlock)}");

    /// <summary>The block a clip is in; null for a clip that is in none.</summary>
    public static string? Of(ClipRecord clip) => clip.Tags.FirstOrDefault(tag => tag.StartsWith(Prefix, StringComparison.Ordinal));
}
