using CavMae.Benchmarks.Reporting;
using CavMae.Benchmarks.Running;

namespace CavMae.Benchmarks;

/// <summary>The scan by itself, then everything around it.</summary>
internal static class SearchBenchmarks
{
    public static async Task RunAsync(Workspace workspace, Report report, CancellationToken cancellationToken)
    {
        SearchBenchmark.Run(report, cancellationToken);
        await SearchRequestBenchmark.RunAsync(workspace, report, cancellationToken);
    }
}
