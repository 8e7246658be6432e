using System.Numerics.Tensors;
using CavMae.Checkpoints;
using CavMae.Export.Bundles;
using CavMae.Export.Graphs;
using CavMae.Retrieval;
using CavMae.Retrieval.Media;
using Microsoft.ML.OnnxRuntime;

namespace CavMae.Export.Quantizing;

/// <summary>
/// One encoder with any choice of int8 and float32 layers, run on a few scenes and compared with all of it in float32. Both forms of
/// every weight are written once, to a temporary folder; a choice is one more small graph beside them.
/// </summary>
internal sealed class TrialGraphs : IDisposable
{
    public const string TemporaryPrefix = "cavmae-quantizing-";

    private readonly LockedTemporaryFolder folder = LockedTemporaryFolder.Create(TemporaryPrefix);
    private readonly Checkpoint checkpoint;
    private readonly EncoderSizes sizes;
    private readonly Modality modality;
    private readonly IReadOnlyList<Scene> scenes;
    private readonly CancellationToken cancellation;
    private readonly ModelFiles files;
    private readonly List<float[]> exact;
    private int trials;

    /// <param name="checkpoint">The weights.</param>
    /// <param name="sizes">Its sizes.</param>
    /// <param name="modality">Which encoder.</param>
    /// <param name="scenes">At least one, all of which have this modality.</param>
    /// <param name="cancellation">Ends it.</param>
    public TrialGraphs(Checkpoint checkpoint, EncoderSizes sizes, Modality modality, IReadOnlyList<Scene> scenes, CancellationToken cancellation)
    {
        (this.checkpoint, this.sizes, this.modality, this.scenes, this.cancellation) = (checkpoint, sizes, modality, scenes, cancellation);
        // However small a graph is: which weights lie in the file must not depend on the choice of layers.
        files = new ModelFiles(folder.FullPath, static _ => { }, cancellation, maxInlineBytes: 0);
        try
        {
            Layers = [.. EncoderGraph.LinearLayers(sizes, modality)];
            string float32 = Write(new GraphOptions()), int8 = Write(WithFloat([]));
            files.Finish();
            exact = Run(float32);
            AllInt8 = Compare(int8);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The encoder's linear layers, in the order they are passed.</summary>
    public IReadOnlyList<string> Layers { get; }

    /// <summary>The lowest cosine with every layer in int8.</summary>
    public double AllInt8 { get; }

    /// <summary>The lowest cosine of any scene's vector to the float32 one.</summary>
    public double Compare(IEnumerable<string> floatLayers) => Compare(Write(WithFloat(floatLayers)));

    public void Dispose()
    {
        files?.Dispose();
        folder.Dispose();
    }

    private double Compare(string path) => Run(path).Zip(exact).Min(pair => (double)TensorPrimitives.CosineSimilarity<float>(pair.First, pair.Second));

    private List<float[]> Run(string path)
    {
        using SessionOptions options = new();
        using GraphSession encoder = new(path, modality, options);
        List<float[]> vectors = [];
        foreach (Scene scene in scenes)
        {
            cancellation.ThrowIfCancellationRequested();
            vectors.Add(encoder.Run(scene)!);
        }
        return vectors;
    }

    private string Write(GraphOptions options)
    {
        string file = $"{modality.Name}-{trials++}.onnx";
        files.Add(file, EncoderGraph.Build(checkpoint, sizes, modality, options));
        return Path.Combine(folder.FullPath, file);
    }

    private static GraphOptions WithFloat(IEnumerable<string> floatLayers) =>
        new() { Precision = ExportPrecision.Int8, FloatLayers = floatLayers.ToHashSet(StringComparer.Ordinal) };
}
