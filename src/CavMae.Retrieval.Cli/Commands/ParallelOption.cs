using System.CommandLine;

namespace CavMae.Retrieval.Cli.Commands;

/// <summary>How many files are under way at once.</summary>
internal static class ParallelOption
{
    private const int Max = 64;

    public static Option<int?> Instance { get; } = Create();

    private static Option<int?> Create()
    {
        Option<int?> option = new("--parallel")
        {
            Description = $"Files under way at once, 1 to {Max}; unset: Media:Parallelism (2). Encoding is batched across files; more only helps where decoding is what is waited for.",
            HelpName = "N",
        };
        option.Allow(value => value is >= 1 and <= Max, $"1 to {Max}");
        return option;
    }
}
