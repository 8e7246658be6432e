using System.CommandLine;
using CavMae.Benchmarks;
using CavMae.Benchmarks.Library;
using CavMae.Benchmarks.Reporting;
using CavMae.Benchmarks.Running;

Option<bool> quick = new("--quick") { Description = "throughput: one turn, and fewer clips with a large model. library, long, beside: a tenth of everything, to try them out." };
Option<string[]> bundles = new("--bundle") { Description = "throughput: measure this model bundle as well (repeatable).", HelpName = "DIR", DefaultValueFactory = _ => [] };
bool isQuick = false;
string[] moreBundles = [];
IndexedLibrary library = new();
Dictionary<string, Func<Workspace, Report, CancellationToken, Task>> subjects = new(StringComparer.Ordinal)
{
    ["search"] = SearchBenchmarks.RunAsync,
    ["encoders"] = EncoderBenchmark.RunAsync,
    ["precisions"] = PrecisionBenchmark.RunAsync,
    ["ingest"] = IngestBenchmark.RunAsync,
    ["export"] = ExportBenchmark.RunAsync,
    ["media"] = MediaBenchmark.RunAsync,
    ["training"] = TrainingBenchmark.RunAsync,
    ["throughput"] = (workspace, report, cancellation) => ThroughputBenchmark.RunAsync(workspace, report, moreBundles, isQuick, cancellation),
    ["library"] = (workspace, report, cancellation) => LibraryBenchmark.RunAsync(workspace, report, library, Sizes(), cancellation),
    ["long"] = (workspace, report, cancellation) => LongMediaBenchmark.RunAsync(workspace, report, Sizes(), cancellation),
    ["beside"] = (workspace, report, cancellation) => BesideBenchmark.RunAsync(workspace, report, library, Sizes(), cancellation),
};

LibrarySizes Sizes() => isQuick ? LibrarySizes.Quick : LibrarySizes.Full;

Argument<string> subject = new("SUBJECT")
{
    Description = "What to measure.",
    DefaultValueFactory = _ => "all",
};
subject.AcceptOnlyFromAmong(["all", .. subjects.Keys]);
Option<FileInfo?> file = new("--out") { Description = "Write the report (Markdown) to this file as well.", HelpName = "FILE" };
RootCommand root = new("Measures CavMae.Retrieval on this machine and prints a report in Markdown. 'all' takes about an hour and a half on two cores and 5 GB in the temporary folder.")
{
    subject, file, quick, bundles,
};
root.SetAction(async (parsed, cancellation) =>
{
    string chosen = parsed.GetRequiredValue(subject);
    (isQuick, moreBundles) = (parsed.GetValue(quick), parsed.GetRequiredValue(bundles));
    Report report = new(Console.Error);
    Machine machine = await Machine.DescribeAsync(args, cancellation);
    using (Workspace workspace = new(report.Progress))
    {
        foreach ((string name, var run) in subjects)
            if (chosen == "all" || chosen == name)
                await run(workspace, report, cancellation);
    }
    string markdown = report.ToMarkdown(chosen, machine.WithLoadNow());
    Console.Out.Write(markdown);
    if (parsed.GetValue(file) is { } target)
    {
        target.Directory?.Create();
        await File.WriteAllTextAsync(target.FullName, markdown, cancellation);
    }
    return 0;
});

ParseResult command = root.Parse(args);
try
{
    // Temporary gigabytes are removed before the process ends, however it ends.
    int code = await command.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
    return command.Errors.Count > 0 ? 2 : code;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("Interrupted; no report was written.");
    return 130;
}
catch (BenchmarkException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
