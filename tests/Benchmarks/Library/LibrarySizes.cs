namespace CavMae.Benchmarks.Library;

/// <summary>How much the benchmarks of a library's life do.</summary>
internal sealed record LibrarySizes
{
    /// <summary>Clips of the library.</summary>
    public required int Clips { get; init; }

    /// <summary>Numbers of clips at which memory is read, ascending; the last is <see cref="Clips"/>.</summary>
    public required IReadOnlyList<int> Milestones { get; init; }

    /// <summary>How often indexing is killed before it may end.</summary>
    public required int Kills { get; init; }

    /// <summary>Length of the long video.</summary>
    public required int LongMinutes { get; init; }

    /// <summary>Length of the video whose cost beyond that of a minute is compared.</summary>
    public required int StepMinutes { get; init; }

    /// <summary>Turns of the short videos.</summary>
    public required int ShortTurns { get; init; }

    /// <summary>How often the long video is taken in, spread over the turns of the short ones.</summary>
    public required int LongTurns { get; init; }

    /// <summary>Length of the video that is being taken in beside searches; it must outlast them.</summary>
    public required int BesideMinutes { get; init; }

    /// <summary>Searches under way at once, by as many clients.</summary>
    public required int SearchesAtOnce { get; init; }

    /// <summary>Searches of each turn: some for each client, so that what is beside them gets its turn among them.</summary>
    public required int Searches { get; init; }

    /// <summary>Turns of searches.</summary>
    public required int SearchTurns { get; init; }

    public static LibrarySizes Full { get; } = new()
    {
        Clips = 1000,
        Milestones = [100, 250, 500, 1000],
        Kills = 20,
        LongMinutes = 60,
        StepMinutes = 5,
        ShortTurns = 12,
        LongTurns = 3,
        BesideMinutes = 60,
        SearchesAtOnce = 100,
        Searches = 300,
        SearchTurns = 5,
    };

    /// <summary>To try it out in two minutes.</summary>
    public static LibrarySizes Quick { get; } = new()
    {
        Clips = 60,
        Milestones = [20, 40, 60],
        Kills = 4,
        LongMinutes = 3,
        StepMinutes = 2,
        ShortTurns = 2,
        LongTurns = 1,
        BesideMinutes = 20,
        SearchesAtOnce = 20,
        Searches = 60,
        SearchTurns = 2,
    };
}
