namespace CavMae.Retrieval.Media;

/// <summary>The decoded frames that the scene at hand and those after it may still see, by their place in the plan.</summary>
internal sealed class PictureWindow
{
    private readonly Queue<RgbFrame> _held = new();

    /// <summary>How many frames came so far.</summary>
    public int Received { get; private set; }

    public RgbFrame? Last { get; private set; }

    public void Add(RgbFrame frame)
    {
        _held.Enqueue(frame);
        Last = frame;
        Received++;
    }

    public void DropBefore(int slot)
    {
        while (_held.Count > 0 && Received - _held.Count < slot)
            _held.Dequeue();
    }

    /// <summary>Frames by their slots, none of them dropped; for those that never came the last one that did.</summary>
    public RgbFrame[] Take(int[] slots)
    {
        int firstHeld = Received - _held.Count;
        return Array.ConvertAll(slots, slot => slot < Received ? _held.ElementAt(slot - firstHeld) : Last!);
    }
}
