using System.CommandLine;
using CavMae.Retrieval.Cli.Hosting;
using CavMae.Retrieval.Cli.Indexing;
using CavMae.Retrieval.Cli.Libraries;
using CavMae.Retrieval.Cli.Remote;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Cli.Commands;

/// <summary><c>cavmae index PATH...</c>: media files into the store.</summary>
internal static class IndexCommand
{
    /// <summary>Against a service: one file is sent while another is decoded.</summary>
    private const int DefaultUploads = 2;

    public static Command Create()
    {
        Argument<string[]> paths = new("PATH")
        {
            Description = "Media files, folders with all that is in them (but hidden files), and patterns in quotes: * and ? within a name, ** for folders of any depth.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string[]> tags = TagOption.Create("Tag of all these clips; repeat it for more.");
        Command command = new("index", "Decodes, encodes and stores media files; file names become titles. Files whose content is there already stay as they are, so that the same command goes on where it was stopped.")
        {
            paths, tags, ParallelOption.Instance, ServerOption.Instance,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, parsed.GetRequiredValue(paths), parsed.GetValue(tags) ?? [], cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string[] paths, string[] tags, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> resolved = MediaFiles.Resolve(paths);
        Terminal terminal = Terminal.For(parsed.InvocationConfiguration);
        int? parallel = parsed.GetValue(ParallelOption.Instance);
        if (ServerOption.Read(parsed) is { } server)
        {
            await using RemoteLibrary remote = await RemoteLibrary.OpenAsync(server, cancellationToken).ConfigureAwait(false);
            return await RunAsync(remote, MediaFiles.Find(resolved, null), parallel ?? DefaultUploads).ConfigureAwait(false);
        }
        RetrievalSession session = await RetrievalSession.OpenAsync(parsed, mustExist: false, cancellationToken).ConfigureAwait(false);
        await using LocalLibrary local = new(session);
        MediaFiles files = MediaFiles.Find(resolved, session.Services.GetRequiredService<DataFolder>().FullPath);
        return await RunAsync(local, files, session.Services.GetRequiredService<IOptions<MediaOptions>>().Value.Parallelism).ConfigureAwait(false);

        async Task<int> RunAsync(ILibrary library, MediaFiles files, int parallelism)
        {
            IndexSummary summary = new(files.Found.Count);
            try
            {
                await IndexProgress.RunAsync(terminal, files, progress => LibraryIndexer.RunAsync(library, files, tags, parallelism, summary, progress, cancellationToken)).ConfigureAwait(false);
            }
            finally
            {
                foreach (string line in summary.FailureLines())
                    terminal.Error.WriteLine(line);
                terminal.Output.WriteLine(summary.ToString());
                if (summary.Left > 0)
                    terminal.Error.WriteLine("It was stopped before the end; the same command goes on from there.");
            }
            return summary.Failed == 0 ? ExitCode.Done : ExitCode.Failed;
        }
    }
}
