using CavMae.Retrieval.Search;

namespace CavMae.Retrieval.Cli.Searching;

/// <summary>Directions as they are written, here as in the service's addresses.</summary>
internal static class DirectionNames
{
    private static readonly (string Name, SearchDirection Direction)[] Names =
    [
        ("audio-to-video", SearchDirection.AudioToVideo), ("video-to-audio", SearchDirection.VideoToAudio), ("similar", SearchDirection.Similar),
    ];

    public static IEnumerable<string> All => Names.Select(pair => pair.Name);

    public static SearchDirection Parse(string name) => Names.Single(pair => pair.Name == name).Direction;

    public static string Of(SearchDirection direction) => Names.Single(pair => pair.Direction == direction).Name;
}
