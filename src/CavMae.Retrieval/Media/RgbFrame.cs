namespace CavMae.Retrieval.Media;

/// <summary>One picture as the visual encoder sees it: 224 × 224 pixels, rows first, R G B bytes.</summary>
public sealed class RgbFrame
{
    public const int Side = 224;
    public const int ByteCount = Side * Side * 3;

    /// <param name="pixels">Exactly 224 · 224 · 3 bytes; the array is taken over, not copied.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another number of bytes.</exception>
    public RgbFrame(ReadOnlyMemory<byte> pixels)
    {
        if (pixels.Length != ByteCount)
            throw new ArgumentOutOfRangeException(nameof(pixels), pixels.Length, $"A frame has {ByteCount} bytes.");
        Pixels = pixels;
    }

    public ReadOnlyMemory<byte> Pixels { get; }
}
