using CavMae.Export.Bundles;
using CavMae.Export.Graphs;
using CavMae.Export.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace CavMae.Benchmarks;

/// <summary>One matrix product of an encoder's size in ONNX Runtime, float32 or int8, and nothing around it: what the machine can do.</summary>
internal sealed class PlainProduct : IDisposable
{
    private const int Rows = 512, Inner = 768, Columns = 3072;

    private readonly InferenceSession session;
    private readonly RunOptions run = new();
    private readonly OrtValue input;

    public PlainProduct(string folder, bool isInt8)
    {
        GraphBuilder graph = new("product");
        string x = graph.Input("x", isInt8 ? TensorProto.Types.DataType.Uint8 : TensorProto.Types.DataType.Float, Inner);
        Random random = new(1);
        string weight = graph.Weight("weight", [Inner, Columns], isInt8
            ? elements => { foreach (ref float element in elements) element = random.Next(-CheckpointWeights.MaxInt8, CheckpointWeights.MaxInt8 + 1); }
        : elements => { foreach (ref float element in elements) element = random.NextSingle() - 0.5f; }, isInt8 ? WeightType.Int8 : WeightType.Float32);
        graph.Output("y", isInt8
            ? graph.FusedNode("MatMulIntegerToFloat", "product", [x, weight, graph.Scalar("scale", 0.01f), graph.Weight("scales", [Columns], elements => elements.Fill(0.01f))])
            : graph.Node("MatMul", "product", [x, weight]), Columns);
        using (ModelFiles files = new(folder, _ => { }, CancellationToken.None))
        {
            files.Add("product.onnx", graph);
            files.Finish();
        }
        using SessionOptions options = new() { IntraOpNumThreads = Environment.ProcessorCount };
        session = new InferenceSession(Path.Combine(folder, "product.onnx"), options);
        input = isInt8
            ? OrtValue.CreateTensorValueFromMemory(Bytes(random), [Rows, Inner])
            : OrtValue.CreateTensorValueFromMemory<float>([.. Bytes(random).Select(value => value / 255f)], [Rows, Inner]);
    }

    /// <summary>Multiplications and additions of one run.</summary>
    public static double Operations => ModelCost.Product(Rows, Inner, Columns);

    public int Run(int repeats)
    {
        for (int i = 0; i < repeats; i++)
            session.Run(run, ["x"], [input], ["y"]).Dispose();
        return repeats;
    }

    public void Dispose()
    {
        input.Dispose();
        run.Dispose();
        session.Dispose();
    }

    private static byte[] Bytes(Random random)
    {
        var bytes = new byte[Rows * Inner];
        random.NextBytes(bytes);
        return bytes;
    }
}
