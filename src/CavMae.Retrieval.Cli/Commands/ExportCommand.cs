using System.CommandLine;
using CavMae.Retrieval.Cli.Hosting;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Index.Transfer;
using CavMae.Retrieval.Ingest;
using Microsoft.Extensions.DependencyInjection;

namespace CavMae.Retrieval.Cli.Commands;

/// <summary><c>cavmae export-index DIR</c>: the whole store as files that another store takes in.</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        Argument<string> target = new("DIR") { Description = "Folder to write; must not exist, or be empty. It appears when the export is complete." };
        Option<bool> withMedia = new("--with-media") { Description = "Copy media files too. Without them, what is imported is found, but cannot be played or encoded anew." };
        Command command = new("export-index", "Writes all clips: records as JSON lines, vectors as safetensors, and a manifest with model id, counts and hashes.") { target, withMedia };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, parsed.GetRequiredValue(target), parsed.GetValue(withMedia), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string target, bool withMedia, CancellationToken cancellationToken)
    {
        if (target.Length == 0)
            throw new BadUseException("Name the folder to export to. Nothing was exported.");
        Terminal terminal = Terminal.For(parsed.InvocationConfiguration);
        await using RetrievalSession session = await RetrievalSession.OpenAsync(parsed, mustExist: true, cancellationToken).ConfigureAwait(false);
        ISceneIndex index = session.Services.GetRequiredService<ISceneIndex>();
        ModelManifest model = session.Services.GetRequiredService<SceneEncoder>().Model;
        LibraryExporter exporter = new(index, session.Services.GetRequiredService<MediaStore>(), session.Services.GetRequiredService<TimeProvider>());
        IndexCounts counts = await index.CountAsync(cancellationToken).ConfigureAwait(false);
        TransferManifest manifest = await StepProgress.RunAsync(terminal, "Exporting", checked((int)counts.Clips),
            done => exporter.ExportAsync(target, model.ModelId, model.Dimension, withMedia, _ => done(null), cancellationToken)).ConfigureAwait(false);
        terminal.Output.WriteLine($"{manifest.Clips} clips with {manifest.Scenes} scenes exported to '{Path.GetFullPath(target)}', {manifest.MediaFiles} with their media");
        return ExitCode.Done;
    }
}
