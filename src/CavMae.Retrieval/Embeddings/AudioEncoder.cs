using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Embeddings;

/// <summary>Sound to unit vector: <c>waveform</c> float32 [batch, 164080] in −1..1, <c>length</c> int64 [batch] → [batch, dimension].</summary>
internal sealed class AudioEncoder : OnnxEncoder<PcmAudio>
{
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
        Span<float> target = waveform.Row(row);
        item.CopyTo(target);
        target[item.Samples.Length..].Clear();
        length.Row(row)[0] = item.Samples.Length;
    }
}
