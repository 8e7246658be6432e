using CavMae.Export.Graphs;
using CavMae.Export.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace CavMae.Export.Bundles;

/// <summary>
/// Opens a written graph in ONNX Runtime as the service does, looks at what its optimizer made of it, and runs it once: what is slow or
/// broken is found while exporting, not while serving.
/// </summary>
internal static class RuntimeCheck
{
    private const float UnitTolerance = 1e-3f;

    /// <exception cref="ExportException">The runtime does not take the graph, did not fuse what makes it fast, or gets no unit vector out of it.</exception>
    public static void Check(string folder, string file, EncoderSizes sizes, GraphOptions options)
    {
        string scratch = Directory.CreateDirectory(Path.Combine(folder, "checking")).FullName;
        try
        {
            string optimized = Path.Combine(scratch, file);
            using SessionOptions session = new() { OptimizedModelFilePath = optimized, GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
            session.AddSessionConfigEntry("session.optimized_model_external_initializers_file_name", "weights");
            session.AddSessionConfigEntry("session.disable_prepacking", "1"); // one run does not pay for it
            using InferenceSession encoder = new(Path.Combine(folder, file), session);
            CheckFusions(file, CountOperators(optimized), sizes, options);
            CheckRun(file, encoder, sizes.EmbedDim);
        }
        catch (OnnxRuntimeException problem)
        {
            throw new ExportException($"ONNX Runtime does not take {file}: {problem.Message}", problem);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
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
        Expect("fused GELU", blocks, "Gelu", "BiasGelu");
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

    private static void CheckRun(string file, InferenceSession encoder, int dimension)
    {
        using RunOptions run = new();
        using OrtValue input = file.StartsWith("audio", StringComparison.Ordinal)
            ? OrtValue.CreateTensorValueFromMemory(new float[AudioFrontEnd.MaxSamples], [1, AudioFrontEnd.MaxSamples])
            : OrtValue.CreateTensorValueFromMemory(new byte[PictureFrontEnd.Side * PictureFrontEnd.Side * PictureFrontEnd.Channels], [1, PictureFrontEnd.Side, PictureFrontEnd.Side, PictureFrontEnd.Channels]);
        using OrtValue length = OrtValue.CreateTensorValueFromMemory(new long[] { AudioFrontEnd.MaxSamples }, [1]);
        bool isAudio = encoder.InputMetadata.Count == 2;
        using IDisposableReadOnlyCollection<OrtValue> outputs = isAudio
            ? encoder.Run(run, ["waveform", "length"], [input, length], ["embedding"])
            : encoder.Run(run, ["frames"], [input], ["embedding"]);
        ReadOnlySpan<float> embedding = outputs[0].GetTensorDataAsSpan<float>();
        double squares = 0;
        foreach (float number in embedding)
            squares += (double)number * number;
        // Written so that NaN fails as well.
        if (embedding.Length != dimension || !(Math.Abs(Math.Sqrt(squares) - 1) <= UnitTolerance))
            throw new ExportException($"{file} gives no unit vector for silence or a black picture, but {embedding.Length} numbers of length {Math.Sqrt(squares):g3}: the checkpoint's weights cannot be right.");
    }
}
