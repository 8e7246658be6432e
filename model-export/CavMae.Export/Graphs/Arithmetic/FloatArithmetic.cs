using CavMae.Export.Onnx;

namespace CavMae.Export.Graphs.Arithmetic;

/// <summary>float32 throughout; matrices may be kept as float16, which runtimes turn into float32 once, while loading.</summary>
internal sealed class FloatArithmetic(GraphBuilder graph, CheckpointWeights weights, WeightType matrices) : IArithmetic
{
    public WeightType PatchWeights => matrices;

    public string Enter(string x) => x;

    public string Leave(string x) => x;

    public string Linear(string x, string layer)
    {
        string weight = weights.Transposed(layer, matrices);
        if (matrices == WeightType.Float16)
            weight = graph.Cast(weight, TensorProto.Types.DataType.Float);
        return graph.Node("Add", layer, [graph.Node("MatMul", layer, [x, weight]), weights.Plain($"{layer}.bias")]);
    }

    public string Constant(string name, float value) => graph.Scalar(name, value);
}
