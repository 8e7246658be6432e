using Microsoft.ML.OnnxRuntime;

namespace CavMae.Export.Tests.Support;

/// <summary>An exported graph in ONNX Runtime.</summary>
internal sealed class OnnxModel(string path) : IDisposable
{
    public const int MaxSamples = 164_080;
    public const int FrameBytes = 224 * 224 * 3;

    private readonly RunOptions runOptions = new();

    public InferenceSession Session { get; } = Load(path);

    /// <summary>Rows of 164,080 samples one after another, and a length for each.</summary>
    public float[] RunAudio(float[] waveforms, params long[] lengths)
    {
        using var waveform = OrtValue.CreateTensorValueFromMemory(waveforms, [lengths.Length, MaxSamples]);
        using var length = OrtValue.CreateTensorValueFromMemory(lengths, [lengths.Length]);
        return Run(["waveform", "length"], [waveform, length])[0];
    }

    public float[] RunFrames(byte[] frames, int count)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(frames, [count, 224, 224, 3]);
        return Run(["frames"], [input])[0];
    }

    /// <summary>All outputs, in the graph's order.</summary>
    public float[][] RunFeatures(float[] features, params long[] shape)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(features, shape);
        return Run(["features"], [input]);
    }

    public void Dispose()
    {
        Session.Dispose();
        runOptions.Dispose();
    }

    private float[][] Run(string[] names, OrtValue[] inputs)
    {
        using IDisposableReadOnlyCollection<OrtValue> outputs = Session.Run(runOptions, names, inputs, [.. Session.OutputMetadata.Keys]);
        return [.. outputs.Select(output => output.GetTensorDataAsSpan<float>().ToArray())];
    }

    private static InferenceSession Load(string path)
    {
        using SessionOptions options = new();
        return new InferenceSession(path, options);
    }
}
