using CavMae.Retrieval.Media;
using Microsoft.ML.OnnxRuntime;

namespace CavMae.Retrieval.Embeddings;

/// <summary>Sound to unit vector: <c>waveform</c> float32 [batch, 164080] in −1..1, <c>length</c> int64 [batch] → [batch, dimension].</summary>
internal sealed class AudioEncoder(string path, SessionOptions options, int dimension) : OnnxEncoder(path, options, dimension,
    new Dictionary<string, (Type, int[])> { ["waveform"] = (typeof(float), [-1, PcmAudio.MaxSamples]), ["length"] = (typeof(long), [-1]) })
{
    private static readonly string[] InputNames = ["waveform", "length"];

    public float[][] Encode(IReadOnlyList<PcmAudio> batch)
    {
        float[] waveform = new float[batch.Count * PcmAudio.MaxSamples];
        long[] lengths = new long[batch.Count];
        for (int row = 0; row < batch.Count; row++)
        {
            ReadOnlySpan<short> samples = batch[row].Samples.Span;
            Span<float> target = waveform.AsSpan(row * PcmAudio.MaxSamples, samples.Length);
            for (int i = 0; i < samples.Length; i++)
                target[i] = samples[i] / 32768f;
            lengths[row] = samples.Length;
        }
        using OrtValue waveformValue = OrtValue.CreateTensorValueFromMemory(waveform, [batch.Count, PcmAudio.MaxSamples]);
        using OrtValue lengthValue = OrtValue.CreateTensorValueFromMemory(lengths, [batch.Count]);
        return Run(InputNames, [waveformValue, lengthValue], batch.Count);
    }
}
