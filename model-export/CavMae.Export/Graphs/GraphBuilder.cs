using System.Buffers.Binary;
using CavMae.Export.Onnx;
using Google.Protobuf;

namespace CavMae.Export.Graphs;

/// <summary>
/// Puts an ONNX graph together node by node. Each method that adds something returns the name of its value, so that
/// calls read like the formula they stand for.
/// </summary>
internal sealed class GraphBuilder(string name)
{
    /// <summary>The name of the free first dimension.</summary>
    public const string Batch = "batch";

    private const long OperatorSet = 17;
    private const long IrVersion = 8;
    private const string FusedDomain = "com.microsoft";

    private readonly GraphProto graph = new() { Name = name };
    private readonly List<Weight> weights = [];
    private readonly Dictionary<(string Value, TensorProto.Types.DataType Type), string> casts = [];
    private readonly Dictionary<string, int> nameUses = new(StringComparer.Ordinal);

    public IReadOnlyList<Weight> Weights => weights;

    public long WeightBytes { get; private set; }

    /// <summary>True: the graph takes a batch apart and computes each item by itself, so that nothing one item does can touch another.</summary>
    public bool IsItemByItem { get; init; }

    /// <summary>An input [batch, <paramref name="sizes"/>].</summary>
    public string Input(string inputName, TensorProto.Types.DataType type, params ReadOnlySpan<long> sizes)
    {
        graph.Input.Add(Describe(inputName, type, sizes));
        return inputName;
    }

    /// <summary>Makes <paramref name="value"/> an output [batch, <paramref name="sizes"/>] named <paramref name="outputName"/>.</summary>
    public void Output(string outputName, string value, params ReadOnlySpan<long> sizes)
    {
        NodeProto node = new() { OpType = "Identity", Name = outputName };
        node.Input.Add(value);
        node.Output.Add(outputName);
        graph.Node.Add(node);
        graph.Output.Add(Describe(outputName, TensorProto.Types.DataType.Float, sizes));
    }

    /// <summary>A constant whose elements are made when the file is written; asking twice for one name gives one constant.</summary>
    public string Weight(string weightName, long[] shape, WeightSource source, WeightType type = WeightType.Float32)
    {
        if (!weights.Exists(weight => weight.Name == weightName))
        {
            weights.Add(new Weight(weightName, shape, source, type));
            WeightBytes += weights[^1].SizeBytes;
        }
        return weightName;
    }

    /// <summary><paramref name="value"/> as another type; asking twice gives one node. Of constants, runtimes do it once while loading.</summary>
    public string Cast(string value, TensorProto.Types.DataType type)
    {
        if (!casts.TryGetValue((value, type), out string? cast))
            casts[(value, type)] = cast = Node("Cast", value, [value], Attribute("to", (long)type));
        return cast;
    }

    public string Scalar(string constantName, float value) => Weight(constantName, [], destination => destination[0] = value);

    /// <summary>An int64 constant, one-dimensional unless <paramref name="shape"/> says otherwise.</summary>
    public string Integers(string constantName, ReadOnlySpan<long> values, long[]? shape = null)
    {
        if (graph.Initializer.Any(tensor => tensor.Name == constantName))
            return constantName;
        var bytes = new byte[values.Length * sizeof(long)];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), values[i]);
        TensorProto tensor = new() { Name = constantName, DataType = (int)TensorProto.Types.DataType.Int64, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.AddRange(shape ?? [values.Length]);
        graph.Initializer.Add(tensor);
        return constantName;
    }

    /// <summary>A node with one output; the output is named after the operator and its place.</summary>
    public string Node(string operatorName, string place, string[] inputs, params ReadOnlySpan<AttributeProto> attributes) =>
        Nodes(operatorName, place, inputs, outputs: 1, attributes)[0];

    /// <summary>A node of ONNX Runtime's own operators, which do several standard ones at once.</summary>
    public string FusedNode(string operatorName, string place, string[] inputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        string output = Node(operatorName, place, inputs, attributes);
        graph.Node[^1].Domain = FusedDomain;
        return output;
    }

    /// <summary>A node with several outputs.</summary>
    public string[] Nodes(string operatorName, string place, string[] inputs, int outputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        string nodeName = Unique($"{place}/{operatorName}");
        NodeProto node = new() { OpType = operatorName, Name = nodeName };
        node.Input.AddRange(inputs);
        for (int i = 0; i < outputs; i++)
            node.Output.Add(outputs == 1 ? nodeName : $"{nodeName}.{i}");
        foreach (AttributeProto attribute in attributes)
            node.Attribute.Add(attribute);
        graph.Node.Add(node);
        return [.. node.Output];
    }

    public static AttributeProto Attribute(string attributeName, long value) =>
        new() { Name = attributeName, I = value, Type = AttributeProto.Types.AttributeType.Int };

    public static AttributeProto Attribute(string attributeName, float value) =>
        new() { Name = attributeName, F = value, Type = AttributeProto.Types.AttributeType.Float };

    public static AttributeProto Attribute(string attributeName, params ReadOnlySpan<long> values)
    {
        AttributeProto attribute = new() { Name = attributeName, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.AddRange(values.ToArray());
        return attribute;
    }

    /// <summary>The model, its weights described by <paramref name="describedWeights"/>.</summary>
    public ModelProto Build(IEnumerable<TensorProto> describedWeights)
    {
        GraphProto whole = IsItemByItem ? ItemLoop.Around(graph) : graph.Clone();
        whole.Initializer.AddRange(describedWeights);
        ModelProto model = new() { IrVersion = IrVersion, ProducerName = "cavmae-export", Graph = whole };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = OperatorSet });
        if (graph.Node.Any(node => node.Domain == FusedDomain))
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = FusedDomain, Version = 1 });
        return model;
    }

    private string Unique(string wanted)
    {
        int uses = nameUses[wanted] = nameUses.GetValueOrDefault(wanted) + 1;
        return uses == 1 ? wanted : $"{wanted}.{uses}";
    }

    private static ValueInfoProto Describe(string valueName, TensorProto.Types.DataType type, ReadOnlySpan<long> sizes)
    {
        TensorShapeProto shape = new();
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = Batch });
        foreach (long size in sizes)
            shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = size });
        TypeProto.Types.Tensor tensor = new() { ElemType = (int)type, Shape = shape };
        return new ValueInfoProto { Name = valueName, Type = new TypeProto { TensorType = tensor } };
    }
}
