namespace CavMae.Export.Graphs.Arithmetic;

/// <summary>
/// Linear layers in int8: a fixed scale for each column of the weight, and one that is measured at run time for the layer's whole input,
/// which is why such a graph takes items one by one. Attention and GELU between the layers stay float32.
/// </summary>
/// <param name="graph">Where nodes go.</param>
/// <param name="weights">Where weights come from.</param>
/// <param name="floatLayers">Layers that int8 would harm.</param>
internal sealed class Int8Arithmetic(GraphBuilder graph, CheckpointWeights weights, IReadOnlySet<string> floatLayers) : IArithmetic
{
    private readonly FloatArithmetic exact = new(graph, weights, WeightType.Float32);

    public WeightType PatchWeights => WeightType.Float32;

    public string Enter(string x) => x;

    public string Leave(string x) => x;

    public string Linear(string x, string layer)
    {
        if (floatLayers.Contains(layer))
            return exact.Linear(x, layer);
        (string weight, string scale) = weights.Quantized(layer);
        const string NoZeroPoint = "";
        return graph.FusedNode("DynamicQuantizeMatMul", layer, [x, weight, scale, NoZeroPoint, weights.Plain($"{layer}.bias")]);
    }

    public string Constant(string name, float value) => exact.Constant(name, value);
}
