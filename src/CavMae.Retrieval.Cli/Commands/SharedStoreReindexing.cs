using System.CommandLine;
using CavMae.Retrieval.Cli.Hosting;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Ingest.Reindexing;
using CavMae.Retrieval.Media;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CavMae.Retrieval.Cli.Commands;

/// <summary><c>cavmae reindex</c> on a store in Qdrant: what there is to do depends on how far the store's change is.</summary>
internal static class SharedStoreReindexing
{
    public static async Task<int> RunAsync(ParseResult parsed, IndexOptions options, bool leaveOut, bool finish, CancellationToken cancellationToken)
    {
        Terminal terminal = Terminal.For(parsed.InvocationConfiguration);
        await using RetrievalSession session = await RetrievalSession.OpenEncoderAsync(parsed, cancellationToken).ConfigureAwait(false);
        ModelManifest model = session.Services.GetRequiredService<SceneEncoder>().Model;
        QdrantStoreChange change = await QdrantStoreChange.OpenAsync(options.Qdrant, model.ModelId, model.Dimension, session.Services.GetRequiredService<ILoggerFactory>(),
            session.Services.GetRequiredService<TimeProvider>(), cancellationToken).ConfigureAwait(false);
        await using (change.ConfigureAwait(false))
        {
            SharedStoreReindexer reindexer = new(session.Services.GetRequiredService<MediaEmbedder>(), change, model.ModelId, DataFolder.MediaFolderIn(options.Embedded.Path));
            int parallelism = session.Services.GetRequiredService<IOptions<MediaOptions>>().Value.Parallelism;
            return (change.Stage, finish) switch
            {
                (StoreChangeStage.Filling, false) => await FillAsync().ConfigureAwait(false),
                (StoreChangeStage.Filling, true) => throw new BadUseException($"The store is of model '{change.OldModelId}' still: without --finish, reindex encodes it for '{model.ModelId}'. Nothing was done."),
                (StoreChangeStage.Swapped, true) => await FinishAsync().ConfigureAwait(false),
                (StoreChangeStage.Swapped, false) => throw new BadUseException($"The store is of model '{model.ModelId}' already, and that of '{change.OldModelId}' is still there. {NextSteps(model)} Nothing was done."),
                _ => throw new BadUseException($"The store is of model '{model.ModelId}' already, and no other one is left; name another model with --model. Nothing was done."),
            };

            async Task<int> FillAsync()
            {
                List<ClipRecord> clips = await change.ReadOldAsync(cancellationToken).ConfigureAwait(false);
                ReindexResult result = await StepProgress.RunAsync(terminal, "Encoding anew", clips.Count,
                    done => reindexer.RunAsync(clips, parallelism, leaveOut, _ => done(null), cancellationToken)).ConfigureAwait(false);
                ReindexCommand.WriteFailures(terminal, result);
                terminal.Output.WriteLine(result.IsReady
                    ? $"Swapped: the store '{options.Qdrant.Collection}' is now of model {model.ModelId}; services with {change.OldModelId} go on with the old one until they are restarted. {NextSteps(model)}"
                    : $"Not swapped: {result.Failures.Count} clips cannot be encoded here. Run this where their media are, remove them, or add --leave-out to leave them behind.");
                return result.IsReady ? ExitCode.Done : ExitCode.Failed;
            }

            async Task<int> FinishAsync()
            {
                (int added, ReindexResult result) = await reindexer.FinishAsync(parallelism, leaveOut, null, cancellationToken).ConfigureAwait(false);
                ReindexCommand.WriteFailures(terminal, result);
                terminal.Output.WriteLine(result.IsReady
                    ? $"Finished: {added} clips that came after the swap were brought over, and the store of model {change.OldModelId} is removed."
                    : $"Not finished: {added} clips were brought over, {result.Failures.Count} cannot be encoded here. Run this where their media are, or add --leave-out to leave them behind.");
                return result.IsReady ? ExitCode.Done : ExitCode.Failed;
            }
        }
    }

    private static string NextSteps(ModelManifest model) =>
        $"Restart the services with model {model.ModelId} (Model:Path), then run cavmae reindex --finish with it, on each machine whose service took clips meanwhile.";
}
