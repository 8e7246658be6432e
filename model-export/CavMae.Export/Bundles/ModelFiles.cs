using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using CavMae.Export.Graphs;
using CavMae.Export.Onnx;
using Google.Protobuf;

namespace CavMae.Export.Bundles;

/// <summary>Writes a graph as NAME.onnx; weights of more than a megabyte in all go to NAME.onnx.data, one at a time.</summary>
internal static class ModelFiles
{
    private const long MaxInlineBytes = 1 << 20;

    // One memory page: a runtime can then map the weights instead of copying them.
    private const int Alignment = 4096;

    /// <summary>Returns each written file's name and SHA-256.</summary>
    public static List<KeyValuePair<string, string>> Write(
        GraphBuilder graph, string folder, string fileName, Action<long> writtenBytes, CancellationToken cancellation)
    {
        List<KeyValuePair<string, string>> files = [];
        List<TensorProto> tensors = [];
        if (graph.Weights.Sum(weight => weight.SizeBytes) <= MaxInlineBytes)
        {
            foreach (Weight weight in graph.Weights)
                tensors.Add(Inline(weight, writtenBytes, cancellation));
        }
        else
        {
            string dataName = fileName + ".data";
            using HashedFile data = new(Path.Combine(folder, dataName));
            foreach (Weight weight in graph.Weights)
            {
                tensors.Add(weight.SizeBytes < Alignment
                    ? Inline(weight, writtenBytes, cancellation)
                    : External(weight, data, dataName, writtenBytes, cancellation));
            }
            files.Add(new(dataName, data.Finish()));
        }
        files.Add(new(fileName, HashedFile.Write(Path.Combine(folder, fileName), graph.Build(tensors).ToByteArray())));
        return files;
    }

    private static TensorProto Inline(Weight weight, Action<long> writtenBytes, CancellationToken cancellation)
    {
        TensorProto tensor = Describe(weight);
        WithElements(weight, bytes => tensor.RawData = ByteString.CopyFrom(bytes), writtenBytes, cancellation);
        return tensor;
    }

    private static TensorProto External(
        Weight weight, HashedFile data, string dataName, Action<long> writtenBytes, CancellationToken cancellation)
    {
        data.Align(Alignment);
        TensorProto tensor = Describe(weight);
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = dataName });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = data.Position.ToString(CultureInfo.InvariantCulture) });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = weight.SizeBytes.ToString(CultureInfo.InvariantCulture) });
        WithElements(weight, data.Write, writtenBytes, cancellation);
        return tensor;
    }

    private static void WithElements(
        Weight weight, Action<ReadOnlySpan<byte>> use, Action<long> writtenBytes, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        float[] elements = ArrayPool<float>.Shared.Rent(weight.ElementCount);
        try
        {
            Span<float> exact = elements.AsSpan(0, weight.ElementCount);
            weight.Source(exact);
            if (weight.IsHalf)
                UseHalves(exact, use);
            else
                use(MemoryMarshal.AsBytes(exact));
        }
        finally
        {
            ArrayPool<float>.Shared.Return(elements);
        }
        writtenBytes(weight.SizeBytes);
    }

    private static void UseHalves(ReadOnlySpan<float> elements, Action<ReadOnlySpan<byte>> use)
    {
        Half[] halves = ArrayPool<Half>.Shared.Rent(elements.Length);
        try
        {
            for (int i = 0; i < elements.Length; i++)
                halves[i] = (Half)elements[i];
            use(MemoryMarshal.AsBytes(halves.AsSpan(0, elements.Length)));
        }
        finally
        {
            ArrayPool<Half>.Shared.Return(halves);
        }
    }

    private static TensorProto Describe(Weight weight)
    {
        TensorProto tensor = new() { Name = weight.Name, DataType = (int)(weight.IsHalf ? TensorProto.Types.DataType.Float16 : TensorProto.Types.DataType.Float) };
        tensor.Dims.AddRange(weight.Shape);
        return tensor;
    }
}
