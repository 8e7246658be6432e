using CavMae.Export.Onnx;
using static CavMae.Export.Graphs.GraphBuilder;

namespace CavMae.Export.Graphs;

/// <summary>RGB bytes → normalised planes, inside the graph.</summary>
internal static class PictureFrontEnd
{
    public const int Side = 224;
    public const int Channels = 3;

    // ImageNet's channel means and deviations, of values 0..1.
    private static readonly double[] Means = [0.485, 0.456, 0.406];
    private static readonly double[] Deviations = [0.229, 0.224, 0.225];

    /// <summary>Input <c>frames</c> uint8 [batch, 224, 224, 3] → [batch, 3, 224, 224], (byte / 255 − mean) / deviation.</summary>
    public static string Planes(GraphBuilder graph)
    {
        string frames = graph.Input("frames", TensorProto.Types.DataType.Uint8, Side, Side, Channels);
        string planes = graph.Node("Transpose", "pixels", [frames], Attribute("perm", [0, 3, 1, 2]));
        string numbers = graph.Node("Cast", "pixels", [planes], Attribute("to", (long)TensorProto.Types.DataType.Float));
        string means = graph.Weight("pixels.mean", [Channels, 1, 1], target => Fill(target, c => 255 * Means[c]));
        string scales = graph.Weight("pixels.scale", [Channels, 1, 1], target => Fill(target, c => 1 / (255 * Deviations[c])));
        return graph.Node("Mul", "pixels", [graph.Node("Sub", "pixels", [numbers, means]), scales]);
    }

    private static void Fill(Span<float> target, Func<int, double> value)
    {
        for (int i = 0; i < target.Length; i++)
            target[i] = (float)value(i);
    }
}
