using System.CommandLine;
using CavMae.Retrieval.Cli.Hosting;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Ingest.Reindexing;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Cli.Commands;

/// <summary><c>cavmae reindex --model DIR</c>: a second store of another model from the media that are kept.</summary>
internal static class ReindexCommand
{
    public static Command Create()
    {
        Option<bool> leaveOut = new("--leave-out") { Description = "Be ready without clips that cannot be encoded: at the swap they are left behind, with their media." };
        Command command = new("reindex", "Encodes all clips anew with another model (--model), beside a service that goes on answering. The next start with that model takes the new store. Goes on where it was stopped.")
        {
            leaveOut, ParallelOption.Instance,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, parsed.GetValue(leaveOut), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, bool leaveOut, CancellationToken cancellationToken)
    {
        IndexOptions options = RetrievalSession.ReadIndexOptions(parsed);
        if (options.Kind is not IndexKind.Embedded)
            throw new BadUseException($"reindex is not supported yet on a store of kind {options.Kind}. Nothing was done.");
        string dataFolder = Path.GetFullPath(options.Embedded.Path);
        StoreSnapshot snapshot = StoreSnapshot.Read(dataFolder, cancellationToken);
        Terminal terminal = Terminal.For(parsed.InvocationConfiguration);
        await using RetrievalSession session = await OpenAsync(parsed, dataFolder, cancellationToken).ConfigureAwait(false);
        ModelManifest model = session.Services.GetRequiredService<SceneEncoder>().Model;
        if (model.ModelId == snapshot.ModelId)
            throw new BadUseException($"The store is of model '{model.ModelId}' already; name another one with --model. Nothing was done.");
        LibraryReindexer reindexer = new(session.Services.GetRequiredService<MediaEmbedder>(), session.Services.GetRequiredService<ISceneIndex>(), model.ModelId);
        int parallelism = session.Services.GetRequiredService<IOptions<MediaOptions>>().Value.Parallelism;
        ReindexResult result = await StepProgress.RunAsync(terminal, "Encoding anew", snapshot.Clips.Count,
            done => reindexer.RunAsync(dataFolder, snapshot, parallelism, leaveOut, _ => done(null), cancellationToken)).ConfigureAwait(false);
        foreach (ReindexFailure failure in result.Failures)
            terminal.Error.WriteLine($"failed   clip {failure.ClipId}: {failure.Reason}");
        terminal.Output.WriteLine(result.IsReady
            ? $"Ready: the next start with model {model.ModelId} (Model:Path) takes the new store in place of that of {snapshot.ModelId}."
            : $"Not ready: {result.Failures.Count} clips cannot be encoded. Remove them and run this again, or add --leave-out to leave them behind.");
        return result.IsReady ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<RetrievalSession> OpenAsync(ParseResult parsed, string dataFolder, CancellationToken cancellationToken)
    {
        string folder = ReindexFolder.PathIn(dataFolder);
        try
        {
            return await RetrievalSession.OpenAsync(parsed, mustExist: false, cancellationToken, folder).ConfigureAwait(false);
        }
        catch (ModelMismatchException problem)
        {
            throw new StartException($"'{folder}' holds the store of model '{problem.StoreModelId}', which an earlier reindex began. Go on with that model, or remove the folder to begin with '{problem.ModelId}'.", problem);
        }
    }
}
