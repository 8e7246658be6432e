using CavMae.Export.Onnx;
using static CavMae.Export.Graphs.GraphBuilder;

namespace CavMae.Export.Graphs;

/// <summary>Waveform → log-mel spectrogram, inside the graph.</summary>
internal static class AudioFrontEnd
{
    public const int Frames = 1024;
    public const int MaxSamples = LogMelMatrices.FrameSamples + (Frames - 1) * LogMelMatrices.HopSamples;
    public const int MelBins = LogMelMatrices.MelBins;

    private const float Floor = 1.1920929e-07f; // the float32 machine epsilon
    private const float Mean = -5.081f;
    private const float Deviation = 4.4849f;
    private const string Place = "log_mel";

    /// <summary>
    /// Inputs <c>waveform</c> [batch, 164080] and <c>length</c> [batch] → natural log-mel energies [batch, 128, 1024].
    /// Frame i hears samples [160 i, 160 i + 400). The frames kept are those that lie inside <c>length</c> whole, so no sample
    /// beyond it reaches the result, whatever its value; all other frames are set to 0 by selection.
    /// </summary>
    public static string LogMel(GraphBuilder graph)
    {
        string waveform = graph.Input("waveform", TensorProto.Types.DataType.Float, MaxSamples);
        string length = graph.Input("length", TensorProto.Types.DataType.Int64);

        string channel = graph.Node("Unsqueeze", Place, [waveform, graph.Integers("axis_1", [1])]);
        string spectrumMatrix = graph.Weight(
            "log_mel.spectrum", [2 * LogMelMatrices.SpectrumBins, 1, LogMelMatrices.FrameSamples], LogMelMatrices.Spectrum);
        string spectrum = graph.Node("Conv", Place, [channel, spectrumMatrix],
            Attribute("kernel_shape", [LogMelMatrices.FrameSamples]), Attribute("strides", [LogMelMatrices.HopSamples]));
        string[] parts = graph.Nodes("Split", Place, [spectrum], outputs: 2, Attribute("axis", 1L));
        string power = graph.Node("Add", Place,
            [graph.Node("Mul", Place, [parts[0], parts[0]]), graph.Node("Mul", Place, [parts[1], parts[1]])]);
        string triangles = graph.Weight("log_mel.triangles", [MelBins, LogMelMatrices.SpectrumBins], LogMelMatrices.MelTriangles);
        string energies = graph.Node("MatMul", Place, [triangles, power]);
        string log = graph.Node("Log", Place, [graph.Node("Max", Place, [energies, graph.Scalar("log_mel.floor", Floor)])]);
        return graph.Node("Where", Place, [IsValid(graph, length), log, graph.Scalar("zero", 0)]);
    }

    /// <summary>(x − mean) / deviation of the training set.</summary>
    public static string Normalize(GraphBuilder graph, string logMel)
    {
        string centred = graph.Node("Sub", Place, [logMel, graph.Scalar("log_mel.mean", Mean)]);
        return graph.Node("Div", Place, [centred, graph.Scalar("log_mel.deviation", Deviation)]);
    }

    /// <summary>Frame i is whole where 160 i + 400 ≤ length: [batch, 1, 1024].</summary>
    private static string IsValid(GraphBuilder graph, string length)
    {
        var lastSamples = new long[Frames];
        for (int i = 0; i < Frames; i++)
            lastSamples[i] = (long)i * LogMelMatrices.HopSamples + LogMelMatrices.FrameSamples;
        string ends = graph.Integers("log_mel.frame_ends", lastSamples, [1, 1, Frames]);
        string lengths = graph.Node("Unsqueeze", Place, [length, graph.Integers("axes_1_2", [1, 2])]);
        return graph.Node("LessOrEqual", Place, [ends, lengths]);
    }
}
