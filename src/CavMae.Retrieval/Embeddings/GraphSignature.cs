using Microsoft.ML.OnnxRuntime;

namespace CavMae.Retrieval.Embeddings;

/// <summary>Whether a graph takes and gives what an encoder writes and reads.</summary>
internal static class GraphSignature
{
    private const int AnyBatch = -1;

    /// <exception cref="ModelException">An input or the output is missing, has another type or shape, or there are more inputs.</exception>
    public static void Check(InferenceSession session, string file, IReadOnlyList<HostBuffer> inputs, HostBuffer output)
    {
        foreach (HostBuffer expected in inputs)
        {
            if (!session.InputMetadata.TryGetValue(expected.Name, out NodeMetadata? input))
                throw new ModelException($"'{file}' has no input '{expected.Name}'; it has {string.Join(", ", session.InputMetadata.Keys)}.");
            if (!Fits(input, expected))
                throw new ModelException($"Input '{expected.Name}' of '{file}' is {input.ElementType.Name} [{string.Join(", ", input.Dimensions)}]; {expected.Type.Name} [{string.Join(", ", ShapeOf(expected))}] was expected ({AnyBatch}: any batch).");
        }
        if (session.InputMetadata.Count != inputs.Count)
            throw new ModelException($"'{file}' asks for more inputs than {string.Join(", ", inputs.Select(input => input.Name))}.");
        if (!session.OutputMetadata.TryGetValue(output.Name, out NodeMetadata? given) || !Fits(given, output))
            throw new ModelException($"'{file}' has no float output '{output.Name}' of {output.RowLength} values an item, as {ModelBundle.ManifestFile} says.");
    }

    private static bool Fits(NodeMetadata actual, HostBuffer expected) =>
        actual.ElementType == expected.Type && actual.Dimensions.AsSpan().SequenceEqual(ShapeOf(expected));

    private static int[] ShapeOf(HostBuffer buffer) => [AnyBatch, .. buffer.RowShape];
}
