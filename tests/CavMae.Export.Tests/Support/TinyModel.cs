using CavMae.Checkpoints;
using CavMae.Export.Bundles;
using CavMae.Export.Graphs;

namespace CavMae.Export.Tests.Support;

/// <summary>The fixtures' small checkpoint (width 32, 4 heads, random weights), exported once for the tests of a class.</summary>
public sealed class TinyModel : IDisposable
{
    public const int Heads = 4;
    public const int Dimension = 32;

    private readonly TemporaryFolder folder = new();
    private readonly Checkpoint checkpoint = Checkpoint.Open(CheckpointPath);

    public TinyModel()
    {
        Result = BundleExporter.Export(Options(folder.File("bundle")));
        Audio = new OnnxModel(Path.Combine(Result.Folder, "audio.onnx"));
        Visual = new OnnxModel(Path.Combine(Result.Folder, "visual.onnx"));
    }

    public static string CheckpointPath { get; } = Fixtures.Golden("tiny.pth");

    public ExportResult Result { get; }

    internal OnnxModel Audio { get; }

    internal OnnxModel Visual { get; }

    public static ExportOptions Options(string outputFolder) => new()
    {
        CheckpointPath = CheckpointPath,
        OutputFolder = outputFolder,
        Name = "tiny",
        Heads = Heads,
        Trained = false,
    };

    /// <summary>A graph that holds only a part of an encoder.</summary>
    internal OnnxModel Part(Modality modality, GraphPart part)
    {
        string parts = Directory.CreateDirectory(folder.File($"{modality.Letter}-{part}-{Guid.NewGuid():n}")).FullName;
        using ModelFiles files = new(parts, _ => { }, CancellationToken.None);
        files.Add("part.onnx", EncoderGraph.Build(checkpoint, EncoderSizesFinder.Find(checkpoint, Heads), modality, new GraphOptions { Part = part }));
        files.Finish();
        return new OnnxModel(Path.Combine(parts, "part.onnx"));
    }

    public void Dispose()
    {
        Audio.Dispose();
        Visual.Dispose();
        checkpoint.Dispose();
        folder.Dispose();
    }
}
