using System.CommandLine;
using CavMae.Retrieval.Cli.Hosting;
using CavMae.Retrieval.Cli.Indexing;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Cli.Commands;

/// <summary><c>cavmae index PATH...</c>: media files into the store.</summary>
internal static class IndexCommand
{
    /// <summary>As long as a tag may be that is sent to the service, so that it can be asked for there too.</summary>
    private const int MaxTagLength = 100;

    public static Command Create()
    {
        Argument<string[]> paths = new("PATH") { Description = "Media files, and folders with all that is in them (but hidden files).", Arity = ArgumentArity.OneOrMore };
        Option<string[]> tags = TagOption.Create("Tag of all these clips; repeat it for more.", MaxTagLength);
        Command command = new("index", "Decodes, encodes and stores media files; file names become titles. Files whose content is there already stay as they are.") { paths, tags };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, parsed.GetRequiredValue(paths), parsed.GetValue(tags) ?? [], cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string[] paths, string[] tags, CancellationToken cancellationToken)
    {
        string[] missing = [.. paths.Where(path => !Path.Exists(path))];
        if (missing.Length > 0)
            throw new BadUseException($"There is no {string.Join(", no ", missing.Select(path => $"'{path}'"))}. Nothing was indexed.");
        Terminal terminal = Terminal.For(parsed.InvocationConfiguration);
        await using RetrievalSession session = await RetrievalSession.OpenAsync(parsed, mustExist: false, cancellationToken).ConfigureAwait(false);
        MediaFiles files = MediaFiles.Find(paths, session.Services.GetRequiredService<DataFolder>().FullPath);
        LibraryIndexer indexer = session.Services.GetRequiredService<LibraryIndexer>();
        int parallelism = session.Services.GetRequiredService<IOptions<MediaOptions>>().Value.Parallelism;
        IndexSummary summary = await IndexProgress.RunAsync(terminal, files,
            report => indexer.RunAsync(files, tags, parallelism, report, cancellationToken)).ConfigureAwait(false);
        terminal.Output.WriteLine(summary.ToString());
        return summary.Failed == 0 ? ExitCode.Done : ExitCode.Failed;
    }
}
