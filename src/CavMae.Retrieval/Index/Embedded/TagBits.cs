namespace CavMae.Retrieval.Index.Embedded;

/// <summary>One bit of 32 for each tag: a clip that lacks a bit of the tags asked for lacks a tag. The reverse has to be looked up.</summary>
internal static class TagBits
{
    public static uint Of(IReadOnlyList<string> tags)
    {
        var bits = 0u;
        for (var i = 0; i < tags.Count; i++)
            bits |= 1u << (string.GetHashCode(tags[i], StringComparison.Ordinal) & 31);
        return bits;
    }
}
