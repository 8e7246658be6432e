using System.CommandLine;
using CavMae.Retrieval.Cli.Hosting;
using CavMae.Retrieval.Embeddings;
using Spectre.Console;

namespace CavMae.Retrieval.Cli.Commands;

/// <summary><c>cavmae model</c>: what a bundle is, its files checked.</summary>
internal static class ModelCommand
{
    public static Command Create()
    {
        Command command = new("model", "Checks the model bundle's files and prints what it is.");
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        ModelOptions options = RetrievalSession.ReadModelOptions(parsed);
        ModelBundle bundle = await ModelBundle.OpenAsync(options.Path, cancellationToken).ConfigureAwait(false);
        ModelManifest model = bundle.Manifest;
        Grid grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        Add("model id", model.ModelId);
        Add("name", model.Name);
        Add("precision", model.Precision);
        Add("vectors", $"{model.Dimension} numbers");
        Add("trained", model.Trained ? "yes" : "NO: random weights, which scenes it finds means nothing");
        Add("sound", $"{model.SampleRateHz} Hz, up to {model.MaxSamples} samples a scene");
        Add("pictures", $"{model.FrameSide} × {model.FrameSide} pixels");
        Add("licence", model.License ?? "not stated");
        Add("training data", model.TrainingData ?? "not stated");
        Add("made from", $"{model.Source.File} (SHA-256 {model.Source.Sha256})");
        Add("folder", Path.GetFullPath(bundle.Folder));
        Terminal.For(parsed.InvocationConfiguration).Console.Write(grid);
        return ExitCode.Done;

        void Add(string name, string value) => grid.AddRow(new Text(name), new Text(value));
    }
}
