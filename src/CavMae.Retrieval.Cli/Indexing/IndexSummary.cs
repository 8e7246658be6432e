using System.Globalization;

namespace CavMae.Retrieval.Cli.Indexing;

/// <summary>What became of all files. Not thread-safe.</summary>
internal sealed class IndexSummary
{
    /// <summary>Files named for each reason; the lines of the run name them all.</summary>
    private const int MaxNamed = 3;

    private readonly int[] counts = new int[3];
    private readonly Dictionary<string, List<string>> failures = new(StringComparer.Ordinal);

    public int Indexed => counts[(int)FileState.Indexed];
    public int Present => counts[(int)FileState.Present];
    public int Failed => counts[(int)FileState.Failed];
    public TimeSpan Time { get; set; }

    public void Add(FileReport report)
    {
        counts[(int)report.State]++;
        if (report.State is not FileState.Failed)
            return;
        if (!failures.TryGetValue(report.Detail, out List<string>? paths))
            failures[report.Detail] = paths = [];
        paths.Add(report.Path);
    }

    /// <summary>The reasons why files failed, the most frequent first, each with how many and which.</summary>
    public IEnumerable<string> FailureLines() => failures
        .OrderByDescending(failure => failure.Value.Count).ThenBy(failure => failure.Key, StringComparer.Ordinal)
        .Select(failure =>
        {
            string[] paths = [.. failure.Value.Order(StringComparer.Ordinal)];
            string more = paths.Length > MaxNamed ? $" and {paths.Length - MaxNamed} more" : "";
            return $"{paths.Length} × {failure.Key} ({string.Join(", ", paths.Take(MaxNamed))}{more})";
        });

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Indexed} indexed, {Present} already there, {Failed} failed, in {Time.TotalSeconds:0.0} s");
}
