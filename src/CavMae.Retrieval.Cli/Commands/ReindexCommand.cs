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
        Option<bool> finish = new("--finish") { Description = "Qdrant only, once no service uses the old model any more: brings over clips that came after the swap, and removes the old store." };
        Command command = new("reindex", "Encodes all clips anew with another model (--model), beside services that go on answering. An embedded store: the next start with that model takes the new one. "
            + "Qdrant: the new one is swapped in, and services take it as they are restarted with that model; run it on every machine that has media, then --finish. Goes on where it was stopped.")
        {
            leaveOut, finish, ParallelOption.Instance,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, parsed.GetValue(leaveOut), parsed.GetValue(finish), cancellationToken));
        return command;
    }

    private static Task<int> RunAsync(ParseResult parsed, bool leaveOut, bool finish, CancellationToken cancellationToken)
    {
        IndexOptions options = RetrievalSession.ReadIndexOptions(parsed);
        if (options.Kind is IndexKind.Qdrant)
            return SharedStoreReindexing.RunAsync(parsed, options, leaveOut, finish, cancellationToken);
        if (finish)
            throw new BadUseException("--finish is for a store in Qdrant: an embedded one is finished by the next start with the new model. Nothing was done.");
        return RunEmbeddedAsync(parsed, options, leaveOut, cancellationToken);
    }

    private static async Task<int> RunEmbeddedAsync(ParseResult parsed, IndexOptions options, bool leaveOut, CancellationToken cancellationToken)
    {
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
        WriteFailures(terminal, result);
        terminal.Output.WriteLine(result.IsReady
            ? $"Ready: the next start with model {model.ModelId} (Model:Path) takes the new store in place of that of {snapshot.ModelId}."
            : $"Not ready: {result.Failures.Count} clips cannot be encoded. Remove them and run this again, or add --leave-out to leave them behind.");
        return result.IsReady ? ExitCode.Done : ExitCode.Failed;
    }

    public static void WriteFailures(Terminal terminal, ReindexResult result)
    {
        foreach (ReindexFailure failure in result.Failures)
            terminal.Error.WriteLine($"failed   clip {failure.ClipId}: {failure.Reason}");
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
