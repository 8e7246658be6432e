using System.Globalization;

namespace CavMae.Retrieval.Cli.Indexing;

/// <summary>What became of the files of a run, to its end or until it was stopped. Not thread-safe.</summary>
/// <param name="files">Files the run is to deal with.</param>
internal sealed class IndexSummary(int files)
{
    /// <summary>Files named for each reason; the lines of the run name them all.</summary>
    private const int MaxNamed = 3;

    private readonly int[] counts = new int[3];
    private readonly Dictionary<string, List<string>> failures = new(StringComparer.Ordinal);

    public int Indexed => counts[(int)FileState.Indexed];
    public int Present => counts[(int)FileState.Present];
    public int Failed => counts[(int)FileState.Failed];
    public TimeSpan Time { get; set; }

    /// <summary>Files that nothing is known of, because the run was stopped before.</summary>
    public int Left { get; private set; } = files;

    /// <param name="report">What became of it.</param>
    /// <param name="isFile">False for a folder that could not be looked into.</param>
    public void Add(FileReport report, bool isFile)
    {
        Left -= isFile ? 1 : 0;
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
        $"{Indexed} indexed, {Present} already there, {Failed} failed{(Left > 0 ? $", {Left} left" : "")}, in {Time.TotalSeconds:0.0} s");
}
