using System.Security.Cryptography;
using System.Text;

namespace CavMae.Retrieval.Index.Qdrant;

/// <summary>
/// Ids of points: UUIDs made from what the point stands for (RFC 9562, version 8: the first 128 bits of a SHA-256). Writing a point again
/// writes the same point, so that a retry can double nothing, and every process finds a clip's commit point without asking.
/// </summary>
internal static class PointIds
{
    public static Guid OfClip(string clipId) => Of("clip\n" + clipId);

    public static Guid OfJournal(Guid revision) => Of($"journal\n{revision:D}");

    /// <param name="clipId">May hold any character: it stands last.</param>
    public static Guid OfScene(string clipId, Guid revision, int sceneIndex) => Of($"scene\n{revision:D}\n{sceneIndex}\n{clipId}");

    /// <summary>Of where a reindexed store comes from.</summary>
    public static Guid OfSwap() => Of("swap");

    /// <param name="firstClipId">The first of the clips it names.</param>
    public static Guid OfTaken(string firstClipId) => Of("taken\n" + firstClipId);

    private static Guid Of(string name)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(name), hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
