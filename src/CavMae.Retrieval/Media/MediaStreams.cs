namespace CavMae.Retrieval.Media;

/// <summary>What of a file is wanted; the rest is not decoded.</summary>
[Flags]
public enum MediaStreams
{
    None = 0,

    /// <summary>The first sound stream.</summary>
    Audio = 1,

    /// <summary>The first stream of pictures that is no cover.</summary>
    Visual = 2,

    All = Audio | Visual,
}
