using System.CommandLine;
using CavMae.Retrieval.Cli.Hosting;
using CavMae.Retrieval.Embeddings;
using CavMae.Retrieval.Index;
using CavMae.Retrieval.Index.Transfer;
using CavMae.Retrieval.Ingest;
using Microsoft.Extensions.DependencyInjection;

namespace CavMae.Retrieval.Cli.Commands;

/// <summary><c>cavmae import-index DIR</c>: an export into the store.</summary>
internal static class ImportCommand
{
    public static Command Create()
    {
        Argument<string> source = new("DIR") { Description = "Folder that cavmae export-index wrote." };
        Option<bool> replace = new("--replace") { Description = "Replace clips that have the id of an exported one and other content; without it, they are a reason to import nothing." };
        Command command = new("import-index", "Takes an export of the same model in, checked as a whole before the first clip is stored. What is there already is left as it is, so that the same command goes on where it was stopped.") { source, replace };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, parsed.GetRequiredValue(source), parsed.GetValue(replace), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string source, bool replace, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(source))
            throw new BadUseException($"There is no folder '{source}'. Nothing was imported.");
        // Before a store is made for it.
        TransferManifest manifest = TransferManifest.Read(source);
        Terminal terminal = Terminal.For(parsed.InvocationConfiguration);
        await using RetrievalSession session = await RetrievalSession.OpenAsync(parsed, mustExist: false, cancellationToken).ConfigureAwait(false);
        ModelManifest model = session.Services.GetRequiredService<SceneEncoder>().Model;
        LibraryImporter importer = new(session.Services.GetRequiredService<ISceneIndex>(), session.Services.GetRequiredService<MediaStore>(), session.Services.GetRequiredService<MediaChanges>());
        ImportResult result = await StepProgress.RunAsync(terminal, "Importing", (int)Math.Clamp(manifest.Clips, 0, int.MaxValue),
            done => importer.ImportAsync(source, model.ModelId, model.Dimension, replace, (_, _) => done(null), cancellationToken)).ConfigureAwait(false);
        terminal.Output.WriteLine($"{result.Created} imported, {result.Replaced} replaced, {result.Existing} already there; {result.WithoutMedia} without media");
        return ExitCode.Done;
    }
}
