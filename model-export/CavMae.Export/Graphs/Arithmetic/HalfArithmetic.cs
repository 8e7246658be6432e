using CavMae.Export.Onnx;

namespace CavMae.Export.Graphs.Arithmetic;

/// <summary>Matrix products, attention and GELU in float16, for GPUs, which add the products up in float32.</summary>
internal sealed class HalfArithmetic(GraphBuilder graph, CheckpointWeights weights) : IArithmetic
{
    public WeightType PatchWeights => WeightType.Float16;

    public string Enter(string x) => graph.Cast(x, TensorProto.Types.DataType.Float16);

    public string Leave(string x) => graph.Cast(x, TensorProto.Types.DataType.Float);

    public string Linear(string x, string layer)
    {
        string product = graph.Node("MatMul", layer, [x, weights.Transposed(layer, WeightType.Float16)]);
        return graph.Node("Add", layer, [product, weights.Plain($"{layer}.bias", WeightType.Float16)]);
    }

    public string Constant(string name, float value) => graph.Cast(graph.Scalar(name, value), TensorProto.Types.DataType.Float16);
}
