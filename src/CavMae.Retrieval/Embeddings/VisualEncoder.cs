using CavMae.Retrieval.Media;

namespace CavMae.Retrieval.Embeddings;

/// <summary>Picture to unit vector: <c>frames</c> uint8 [batch, 224, 224, 3] → [batch, dimension].</summary>
internal sealed class VisualEncoder : OnnxEncoder<RgbFrame>
{
    private readonly HostBuffer<byte> frames;

    public VisualEncoder(string path, EncoderPlan plan)
        : this(path, plan, new HostBuffer<byte>("frames", [RgbFrame.Side, RgbFrame.Side, 3], plan.Buckets.Largest))
    {
    }

    private VisualEncoder(string path, EncoderPlan plan, HostBuffer<byte> frames) : base(path, plan, [frames]) => this.frames = frames;

    protected override void Write(RgbFrame item, int row) => item.Pixels.Span.CopyTo(frames.Row(row));
}
