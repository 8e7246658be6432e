using System.Collections.Concurrent;
using System.Diagnostics;

namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>Which revision of a clip this process saw live last, and since when. Forgetting one costs a search another round, nothing else.</summary>
internal sealed class SeenRevisions
{
    /// <summary>About 20 MB of memory, mostly the ids.</summary>
    private const int MaxClips = 100_000;

    private readonly ConcurrentDictionary<string, (Guid Revision, long Since)> seen = new(StringComparer.Ordinal);

    /// <summary>A moment to be compared with those at which revisions were seen.</summary>
    public static long Now => Stopwatch.GetTimestamp();

    public bool WasLiveBefore(long moment, string clipId, Guid revision) =>
        seen.TryGetValue(clipId, out var last) && last.Revision == revision && last.Since < moment;

    public void Add(string clipId, Guid revision)
    {
        if (seen.Count >= MaxClips)
            seen.Clear();
        seen.AddOrUpdate(clipId, _ => (revision, Now), (_, last) => last.Revision == revision ? last : (revision, Now));
    }
}
