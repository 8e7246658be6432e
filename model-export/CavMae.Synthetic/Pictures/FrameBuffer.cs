using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using SkiaSharp;

namespace CavMae.Synthetic.Pictures;

/// <summary>One thread's drawing surface with what is needed again and again. Never shared between threads.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Lives as long as its thread; finalizers free the native memory.")]
internal sealed class FrameBuffer
{
    private const int Side = SyntheticClip.FrameSide;

    [ThreadStatic]
    private static FrameBuffer? ofThisThread;

    private readonly SKBitmap bitmap = new(new SKImageInfo(Side, Side, SKColorType.Rgba8888, SKAlphaType.Opaque));

    private FrameBuffer()
    {
        Canvas = new SKCanvas(bitmap);
    }

    public static FrameBuffer OfThisThread => ofThisThread ??= new FrameBuffer();

    public SKCanvas Canvas { get; }

    public SKPathBuilder Outline { get; } = new();

    public SKPaint Fill { get; } = new() { IsAntialias = true, Style = SKPaintStyle.Fill };

    public SKPaint Stroke { get; } = new() { IsAntialias = true, Style = SKPaintStyle.Stroke, StrokeCap = SKStrokeCap.Round, StrokeJoin = SKStrokeJoin.Round };

    /// <summary>Stripes of the texture, laid over a filled shape.</summary>
    public SKPaint Stripes { get; } = new() { IsAntialias = true, Style = SKPaintStyle.Fill };

    /// <summary>Speckle of the texture; its colour's alpha says how strong.</summary>
    public SKPaint Speckle { get; } = new() { IsAntialias = false, Style = SKPaintStyle.Fill, Shader = Patterns.Speckle };

    /// <summary>Fills the picture row by row, from one colour at the top to another at the bottom.</summary>
    public void FillGradient(SKColor top, SKColor bottom)
    {
        Span<uint> pixels = MemoryMarshal.Cast<byte, uint>(bitmap.GetPixelSpan());
        for (int y = 0; y < Side; y++)
        {
            float share = y / (Side - 1f);
            uint red = Between(top.Red, bottom.Red, share), green = Between(top.Green, bottom.Green, share), blue = Between(top.Blue, bottom.Blue, share);
            pixels.Slice(y * Side, Side).Fill(red | (green << 8) | (blue << 16) | 0xFF000000);
        }
        bitmap.NotifyPixelsChanged();
    }

    /// <summary>Copies the picture out, without its alpha.</summary>
    /// <param name="rgb">Receives [224, 224, 3].</param>
    public void CopyTo(Span<byte> rgb)
    {
        ReadOnlySpan<uint> pixels = MemoryMarshal.Cast<byte, uint>(bitmap.GetPixelSpan());
        Span<uint> packed = MemoryMarshal.Cast<byte, uint>(rgb[..(Side * Side * 3)]);
        for (int from = 0, to = 0; from < pixels.Length; from += 4, to += 3)
        {
            uint a = pixels[from] & 0xFFFFFF, b = pixels[from + 1] & 0xFFFFFF, c = pixels[from + 2] & 0xFFFFFF, d = pixels[from + 3] & 0xFFFFFF;
            packed[to] = a | (b << 24);
            packed[to + 1] = (b >> 8) | (c << 16);
            packed[to + 2] = (c >> 16) | (d << 8);
        }
    }

    private static uint Between(byte from, byte to, float share) => (uint)(from + ((to - from) * share) + 0.5f);
}
