using CavMae.Export.Graphs;
using CavMae.Retrieval.Media;
using Microsoft.ML.OnnxRuntime;

namespace CavMae.Export.Bundles;

/// <summary>A written graph in ONNX Runtime, given one item at a time.</summary>
internal sealed class GraphSession : IDisposable
{
    private readonly InferenceSession session;
    private readonly RunOptions run = new();
    private readonly Modality modality;

    /// <exception cref="ExportException">The runtime does not take the graph.</exception>
    public GraphSession(string path, Modality modality, SessionOptions options)
    {
        this.modality = modality;
        try
        {
            session = new InferenceSession(path, options);
        }
        catch (OnnxRuntimeException problem)
        {
            throw new ExportException($"ONNX Runtime does not take {Path.GetFileName(path)}: {problem.Message}", problem);
        }
    }

    /// <summary>The vector of one scene's sound or middle picture; null where it has none.</summary>
    public float[]? Run(Scene scene) => modality == Modality.Audio
        ? scene.Audio is { } sound ? Run(sound) : null
        : scene.Frames is [var picture, ..] ? Run(picture) : null;

    public float[] Run(PcmAudio sound)
    {
        var waveform = new float[PcmAudio.MaxSamples];
        sound.CopyTo(waveform);
        using var input = OrtValue.CreateTensorValueFromMemory(waveform, [1, PcmAudio.MaxSamples]);
        using var length = OrtValue.CreateTensorValueFromMemory(new long[] { sound.Samples.Length }, [1]);
        return Run(["waveform", "length"], [input, length]);
    }

    public float[] Run(RgbFrame picture)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(picture.Pixels.ToArray(), [1, RgbFrame.Side, RgbFrame.Side, PictureFrontEnd.Channels]);
        return Run(["frames"], [input]);
    }

    public void Dispose()
    {
        run.Dispose();
        session.Dispose();
    }

    private float[] Run(string[] names, OrtValue[] inputs)
    {
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, names, inputs, ["embedding"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
