using System.Buffers.Binary;
using CavMae.Export.Onnx;
using Google.Protobuf;

namespace CavMae.Export.Graphs;

/// <summary>
/// Puts a graph over [batch, …] into a loop over the batch (operator Scan), which gives it batches of one: where a graph measures
/// a whole tensor, such as the range of its numbers, it then measures one item's, and a row cannot depend on its neighbours.
/// </summary>
internal static class ItemLoop
{
    private const string FirstAxis = "item.axis";

    public static GraphProto Around(GraphProto graph)
    {
        GraphProto outer = new() { Name = graph.Name };
        outer.Initializer.AddRange(graph.Initializer);
        outer.Initializer.Add(Zero(FirstAxis));
        outer.Input.AddRange(graph.Input);
        outer.Output.AddRange(graph.Output);

        // An inner name must not be one of the outer graph's, so what comes in and goes out is renamed inside.
        Dictionary<string, string> inner = graph.Input.Concat(graph.Output).ToDictionary(value => value.Name, value => $"item/{value.Name}", StringComparer.Ordinal);
        GraphProto body = new() { Name = $"{graph.Name}_item" };
        foreach (ValueInfoProto input in graph.Input)
        {
            body.Input.Add(Row(input));
            body.Node.Add(Reshaping("Unsqueeze", RowName(input), inner[input.Name]));
        }
        body.Node.AddRange(graph.Node.Select(node => Renamed(node, inner)));
        foreach (ValueInfoProto output in graph.Output)
        {
            body.Output.Add(Row(output));
            body.Node.Add(Reshaping("Squeeze", inner[output.Name], RowName(output)));
        }

        NodeProto loop = new() { OpType = "Scan", Name = "items" };
        loop.Input.AddRange(graph.Input.Select(input => input.Name));
        loop.Output.AddRange(graph.Output.Select(output => output.Name));
        loop.Attribute.Add(new AttributeProto { Name = "body", G = body, Type = AttributeProto.Types.AttributeType.Graph });
        loop.Attribute.Add(GraphBuilder.Attribute("num_scan_inputs", (long)graph.Input.Count));
        outer.Node.Add(loop);
        return outer;
    }

    private static string RowName(ValueInfoProto value) => $"row/{value.Name}";

    /// <summary>[batch, …] → […].</summary>
    private static ValueInfoProto Row(ValueInfoProto value)
    {
        ValueInfoProto row = value.Clone();
        row.Name = RowName(value);
        row.Type.TensorType.Shape.Dim.RemoveAt(0);
        return row;
    }

    private static NodeProto Reshaping(string operatorName, string from, string to)
    {
        NodeProto node = new() { OpType = operatorName, Name = $"{to}/{operatorName}" };
        node.Input.Add([from, FirstAxis]);
        node.Output.Add(to);
        return node;
    }

    private static NodeProto Renamed(NodeProto node, Dictionary<string, string> names)
    {
        NodeProto copy = node.Clone();
        copy.Input.Clear();
        copy.Output.Clear();
        copy.Input.AddRange(node.Input.Select(input => names.GetValueOrDefault(input, input)));
        copy.Output.AddRange(node.Output.Select(output => names.GetValueOrDefault(output, output)));
        return copy;
    }

    private static TensorProto Zero(string name)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, 0);
        TensorProto tensor = new() { Name = name, DataType = (int)TensorProto.Types.DataType.Int64, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.Add(1);
        return tensor;
    }
}
