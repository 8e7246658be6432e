using System.Numerics.Tensors;
using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Embeddings;

/// <summary>Sound to unit vector: <c>waveform</c> float32 [batch, 164080] in −1..1, <c>length</c> int64 [batch] → [batch, dimension].</summary>
internal sealed class AudioEncoder : OnnxEncoder<PcmAudio>
{
    /// <summary>Turns 16-bit samples into −1..1; a power of two, so nothing is rounded.</summary>
    private const float SampleScale = 1 / 32768f;

    private readonly HostBuffer<float> waveform;
    private readonly HostBuffer<long> length;

    public AudioEncoder(string path, EncoderPlan plan)
        : this(path, plan, new HostBuffer<float>("waveform", [PcmAudio.MaxSamples], plan.Buckets.Largest), new HostBuffer<long>("length", [], plan.Buckets.Largest))
    {
    }

    private AudioEncoder(string path, EncoderPlan plan, HostBuffer<float> waveform, HostBuffer<long> length) : base(path, plan, [waveform, length]) =>
        (this.waveform, this.length) = (waveform, length);

    protected override void Write(PcmAudio item, int row)
    {
        ReadOnlySpan<short> samples = item.Samples.Span;
        Span<float> target = waveform.Row(row);
        TensorPrimitives.ConvertTruncating(samples, target);
        TensorPrimitives.Multiply(target[..samples.Length], SampleScale, target);
        target[samples.Length..].Clear();
        length.Row(row)[0] = samples.Length;
    }
}
