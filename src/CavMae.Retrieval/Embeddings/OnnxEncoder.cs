using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace CavMae.Retrieval.Embeddings;

/// <summary>One ONNX session that turns a batch of inputs into unit vectors. Thread-safe.</summary>
internal abstract class OnnxEncoder : IDisposable
{
    private const string OutputName = "embedding";
    private readonly RunOptions runOptions = new();

    protected OnnxEncoder(string path, SessionOptions options, int dimension, IReadOnlyDictionary<string, (Type Type, int[] Shape)> inputs)
    {
        Dimension = dimension;
        try
        {
            Session = new InferenceSession(path, options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new ModelException($"'{Path.GetFileName(path)}' cannot be loaded: {e.Message}", e);
        }
        try
        {
            CheckSignature(Path.GetFileName(path), inputs);
        }
        catch
        {
            Session.Dispose();
            throw;
        }
    }

    protected InferenceSession Session { get; }
    public int Dimension { get; }

    protected float[][] Run(IReadOnlyList<string> names, IReadOnlyList<OrtValue> inputs, int batch)
    {
        using IDisposableReadOnlyCollection<OrtValue> outputs = Session.Run(runOptions, names, inputs, [OutputName]);
        ReadOnlySpan<float> all = outputs[0].GetTensorDataAsSpan<float>();
        if (all.Length != batch * Dimension)
            throw new ModelException($"The encoder gave {all.Length} values for a batch of {batch}; {batch * Dimension} were expected.");
        float[][] vectors = new float[batch][];
        for (int row = 0; row < batch; row++)
        {
            ReadOnlySpan<float> vector = all.Slice(row * Dimension, Dimension);
            float norm = TensorPrimitives.Norm(vector);
            // Written so that NaN fails as well.
            if (!(Math.Abs(norm - 1) <= SceneEmbedding.NormTolerance))
                throw new ModelException($"The encoder gave a vector of length {norm} where a unit vector was expected.");
            vectors[row] = vector.ToArray();
        }
        return vectors;
    }

    private void CheckSignature(string file, IReadOnlyDictionary<string, (Type Type, int[] Shape)> expected)
    {
        foreach ((string name, (Type type, int[] shape)) in expected)
        {
            if (!Session.InputMetadata.TryGetValue(name, out NodeMetadata? input))
                throw new ModelException($"'{file}' has no input '{name}'; it has {string.Join(", ", Session.InputMetadata.Keys)}.");
            if (input.ElementType != type || !Fits(input.Dimensions, shape))
                throw new ModelException($"Input '{name}' of '{file}' is {input.ElementType.Name} [{string.Join(", ", input.Dimensions)}]; {type.Name} [{string.Join(", ", shape)}] was expected (-1: any batch).");
        }
        if (Session.InputMetadata.Count != expected.Count)
            throw new ModelException($"'{file}' asks for more inputs than {string.Join(", ", expected.Keys)}.");
        if (!Session.OutputMetadata.TryGetValue(OutputName, out NodeMetadata? output) || output.ElementType != typeof(float) || !Fits(output.Dimensions, [-1, Dimension]))
            throw new ModelException($"'{file}' has no float output '{OutputName}' of {Dimension} values an item, as {ModelBundle.ManifestFile} says.");
    }

    private static bool Fits(int[] actual, int[] expected) => actual.AsSpan().SequenceEqual(expected);

    public void Dispose()
    {
        runOptions.Dispose();
        Session.Dispose();
    }
}
