using CavMae.Retrieval.Media;
using Microsoft.ML.OnnxRuntime;

namespace CavMae.Retrieval.Embeddings;

/// <summary>Picture to unit vector: <c>frames</c> uint8 [batch, 224, 224, 3] → [batch, dimension].</summary>
internal sealed class VisualEncoder(string path, SessionOptions options, int dimension) : OnnxEncoder(path, options, dimension,
    new Dictionary<string, (Type, int[])> { ["frames"] = (typeof(byte), [-1, RgbFrame.Side, RgbFrame.Side, 3]) })
{
    private static readonly string[] InputNames = ["frames"];

    public float[][] Encode(IReadOnlyList<RgbFrame> batch)
    {
        byte[] pixels = new byte[batch.Count * RgbFrame.ByteCount];
        for (int row = 0; row < batch.Count; row++)
            batch[row].Pixels.Span.CopyTo(pixels.AsSpan(row * RgbFrame.ByteCount));
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(pixels, [batch.Count, RgbFrame.Side, RgbFrame.Side, 3]);
        return Run(InputNames, [value], batch.Count);
    }
}
