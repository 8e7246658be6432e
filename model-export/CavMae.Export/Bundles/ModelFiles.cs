using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using CavMae.Export.Graphs;
using CavMae.Export.Onnx;
using Google.Protobuf;

namespace CavMae.Export.Bundles;

/// <summary>
/// Writes graphs as NAME.onnx. Large weights go to one file beside them, one at a time and each once, whichever graphs ask for it;
/// weights of one name are one weight. A graph with less than a megabyte of weights holds them itself.
/// </summary>
/// <param name="folder">Where to.</param>
/// <param name="writtenBytes">Told of each weight's bytes.</param>
/// <param name="cancellation">Ends it between two weights.</param>
/// <param name="maxInlineBytes">Weights of a graph that holds them itself.</param>
internal sealed class ModelFiles(string folder, Action<long> writtenBytes, CancellationToken cancellation, long maxInlineBytes = ModelFiles.UsualInlineBytes) : IDisposable
{
    public const string DataFile = "encoders.onnx.data";

    private const long UsualInlineBytes = 1 << 20;

    // One memory page: a runtime can then map the weights instead of copying them.
    private const int Alignment = 4096;

    private readonly SortedDictionary<string, string> files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (Weight Weight, TensorProto Described)> external = new(StringComparer.Ordinal);
    private HashedFile? data;
    private bool isFinished;

    /// <summary>Bytes of weights that adding these graphs writes.</summary>
    public static long CountBytes(IReadOnlyList<GraphBuilder> graphs) =>
        graphs.Sum(graph => graph.Weights.Where(weight => IsInline(graph, weight, UsualInlineBytes)).Sum(weight => weight.SizeBytes))
        + graphs.SelectMany(graph => graph.Weights.Where(weight => !IsInline(graph, weight, UsualInlineBytes))).DistinctBy(weight => weight.Name).Sum(weight => weight.SizeBytes);

    public void Add(string fileName, GraphBuilder graph)
    {
        List<TensorProto> tensors = [.. graph.Weights.Select(weight => IsInline(graph, weight, maxInlineBytes) ? Inline(weight) : External(weight))];
        files[fileName] = HashedFile.Write(Path.Combine(folder, fileName), graph.Build(tensors).ToByteArray());
    }

    /// <summary>Brings everything to the disk; returns each file's name and SHA-256. Graphs added later find all their large weights there.</summary>
    public SortedDictionary<string, string> Finish()
    {
        if (data is not null)
            files[DataFile] = data.Finish();
        data?.Dispose();
        isFinished = true;
        return files;
    }

    public void Dispose() => data?.Dispose();

    private static bool IsInline(GraphBuilder graph, Weight weight, long maxInlineBytes) => weight.SizeBytes < Alignment || graph.WeightBytes <= maxInlineBytes;

    private TensorProto Inline(Weight weight)
    {
        TensorProto tensor = Describe(weight);
        WithElements(weight, bytes => tensor.RawData = ByteString.CopyFrom(bytes));
        return tensor;
    }

    private TensorProto External(Weight weight)
    {
        if (external.TryGetValue(weight.Name, out (Weight Weight, TensorProto Described) there))
        {
            return there.Weight.Type == weight.Type && there.Weight.Shape.AsSpan().SequenceEqual(weight.Shape)
                ? there.Described
                : throw new InvalidOperationException($"Two graphs have different weights of the name {weight.Name}.");
        }
        if (isFinished)
            throw new InvalidOperationException($"{DataFile} is finished and lacks {weight.Name}.");
        data ??= new HashedFile(Path.Combine(folder, DataFile));
        data.Align(Alignment);
        TensorProto tensor = Describe(weight);
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = DataFile });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = data.Position.ToString(CultureInfo.InvariantCulture) });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = weight.SizeBytes.ToString(CultureInfo.InvariantCulture) });
        WithElements(weight, data.Write);
        external[weight.Name] = (weight, tensor);
        return tensor;
    }

    private void WithElements(Weight weight, Action<ReadOnlySpan<byte>> use)
    {
        cancellation.ThrowIfCancellationRequested();
        float[] elements = ArrayPool<float>.Shared.Rent(weight.ElementCount);
        try
        {
            Span<float> exact = elements.AsSpan(0, weight.ElementCount);
            weight.Source(exact);
            switch (weight.Type)
            {
                case WeightType.Float16:
                    UseConverted(exact, static element => (Half)element, use);
                    break;
                case WeightType.Int8:
                    UseConverted(exact, static element => checked((sbyte)element), use);
                    break;
                default:
                    use(MemoryMarshal.AsBytes(exact));
                    break;
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(elements);
        }
        writtenBytes(weight.SizeBytes);
    }

    private static void UseConverted<T>(ReadOnlySpan<float> elements, Func<float, T> convert, Action<ReadOnlySpan<byte>> use) where T : struct
    {
        T[] converted = ArrayPool<T>.Shared.Rent(elements.Length);
        try
        {
            for (int i = 0; i < elements.Length; i++)
                converted[i] = convert(elements[i]);
            use(MemoryMarshal.AsBytes(converted.AsSpan(0, elements.Length)));
        }
        finally
        {
            ArrayPool<T>.Shared.Return(converted);
        }
    }

    private static TensorProto Describe(Weight weight)
    {
        TensorProto.Types.DataType type = weight.Type switch
        {
            WeightType.Float16 => TensorProto.Types.DataType.Float16,
            WeightType.Int8 => TensorProto.Types.DataType.Int8,
            _ => TensorProto.Types.DataType.Float,
        };
        TensorProto tensor = new() { Name = weight.Name, DataType = (int)type };
        tensor.Dims.AddRange(weight.Shape);
        return tensor;
    }
}
