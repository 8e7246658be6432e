using System.Globalization;
using System.Numerics.Tensors;
using CavMae.Export.Graphs;
using CavMae.Export.Onnx;
using CavMae.Retrieval.Media;
using Microsoft.ML.OnnxRuntime;

namespace CavMae.Export.Bundles;

/// <summary>
/// Opens a written graph in ONNX Runtime on the CPU, looks at what its optimizer made of it, and runs it once: what is slow or broken is
/// found while exporting, not while serving. Fused attention and int8 layers are written as such; that they are still there is checked too.
/// </summary>
internal static class RuntimeCheck
{
    private const float UnitTolerance = 1e-3f;

    /// <summary>float16 against float32: far below what a wrong graph would give.</summary>
    private const float LeastCosine = 0.999f;

    /// <returns>The vector of silence or of a black picture.</returns>
    /// <exception cref="ExportException">The runtime does not take the graph, did not fuse what makes it fast, or gets no unit vector out of it.</exception>
    public static float[] Run(string folder, string file, Modality modality, EncoderSizes sizes, GraphOptions options)
    {
        string scratch = Directory.CreateDirectory(Path.Combine(folder, "checking")).FullName;
        try
        {
            string optimized = Path.Combine(scratch, file);
            using SessionOptions session = new() { OptimizedModelFilePath = optimized, GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
            session.AddSessionConfigEntry("session.optimized_model_external_initializers_file_name", "weights");
            session.AddSessionConfigEntry("session.disable_prepacking", "1"); // one run does not pay for it
            using GraphSession encoder = new(Path.Combine(folder, file), modality, session);
            CheckFusions(file, CountOperators(optimized), sizes, options);
            float[] vector = modality == Modality.Audio ? encoder.Run(new PcmAudio(new short[PcmAudio.MaxSamples])) : encoder.Run(new RgbFrame(new byte[RgbFrame.ByteCount]));
            CheckVector(file, vector, sizes.EmbedDim);
            return vector;
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    /// <summary>Graphs of one encoder for different targets must give the same vector.</summary>
    /// <exception cref="ExportException">They do not.</exception>
    public static void Compare(string file, IReadOnlyList<float[]> vectors)
    {
        foreach (float[] vector in vectors)
        {
            float cosine = TensorPrimitives.CosineSimilarity<float>(vectors[0], vector);
            if (!(cosine >= LeastCosine))
                throw new ExportException(string.Create(CultureInfo.InvariantCulture, $"The graph for GPUs that belongs to {file} gives another vector (cosine {cosine:f4}): the weights do not suit --precision fp16, use fp32."));
        }
    }

    /// <summary>How often each operator stands in an optimized graph and those inside it.</summary>
    public static Dictionary<string, int> CountOperators(string path)
    {
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        using FileStream stream = File.OpenRead(path);
        Count(ModelProto.Parser.ParseFrom(stream).Graph);
        return counts;

        void Count(GraphProto graph)
        {
            foreach (NodeProto node in graph.Node)
            {
                counts[node.OpType] = counts.GetValueOrDefault(node.OpType) + 1;
                foreach (AttributeProto attribute in node.Attribute.Where(attribute => attribute.G is not null))
                    Count(attribute.G);
            }
        }
    }

    /// <summary>Which fusions an optimized graph lacks, in words; empty: none.</summary>
    public static string FindMissingFusions(IReadOnlyDictionary<string, int> operators, EncoderSizes sizes, GraphOptions options)
    {
        int blocks = sizes.ModalityBlocks + sizes.SharedBlocks;
        List<string> missing = [];
        Expect("fused attention", options.StandardOperatorsOnly ? 0 : blocks, "MultiHeadAttention");
        // Where a layer adds its bias by itself, the two become one operator. int8 layers have theirs inside. GPUs do their own fusing.
        if (options.Target == GraphTarget.Cpu && options.Precision == ExportPrecision.Int8)
            Expect("fused GELU", blocks, "Gelu", "BiasGelu");
        else if (options.Target == GraphTarget.Cpu)
            Expect("fused bias and GELU", blocks, "BiasGelu");
        Expect("int8 layers", options.Precision == ExportPrecision.Int8 ? 4 * blocks - options.FloatLayers.Count : 0, "DynamicQuantizeMatMul");
        return string.Join(", ", missing);

        void Expect(string what, int count, params string[] names)
        {
            int found = names.Sum(name => operators.GetValueOrDefault(name));
            if (found != count)
                missing.Add($"{found} {what} instead of {count}");
        }
    }

    private static void CheckFusions(string file, Dictionary<string, int> operators, EncoderSizes sizes, GraphOptions options)
    {
        string missing = FindMissingFusions(operators, sizes, options);
        if (missing.Length > 0)
            throw new ExportException($"ONNX Runtime {OrtEnv.Instance().GetVersionString()} does not make the fast graph of {file} that this exporter was written for: {missing}.");
    }

    private static void CheckVector(string file, float[] vector, int dimension)
    {
        float length = TensorPrimitives.Norm(vector);
        // Written so that NaN fails as well.
        if (vector.Length != dimension || !(Math.Abs(length - 1) <= UnitTolerance))
            throw new ExportException($"{file} gives no unit vector for silence or a black picture, but {vector.Length} numbers of length {length:g3}: the checkpoint's weights cannot be right.");
    }
}
