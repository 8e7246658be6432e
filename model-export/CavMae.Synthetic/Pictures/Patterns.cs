using SkiaSharp;

namespace CavMae.Synthetic.Pictures;

/// <summary>The texture: on the object diagonal zigzag stripes, eight pixels apart whatever its size; around it speckle.</summary>
internal static class Patterns
{
    private const int Period = 8;

    private static readonly SKImage StripeTile = MakeStripes();

    private const int SpeckleSide = 64;

    /// <summary>Scattered dots of 2 × 2 pixels that take the paint's colour; a quarter of the surface.</summary>
    public static readonly SKShader Speckle = MakeSpeckle();

    /// <summary>A shader of opaque and clear stripes; the paint's alpha says how strongly they show.</summary>
    /// <param name="unitsPerPixel">Length of a pixel in the units that are drawn in.</param>
    public static SKShader Stripes(float unitsPerPixel) => StripeTile.ToShader(
        SKShaderTileMode.Repeat, SKShaderTileMode.Repeat, new SKSamplingOptions(SKFilterMode.Nearest), SKMatrix.CreateScale(unitsPerPixel, unitsPerPixel));

    private static SKImage MakeStripes()
    {
        using SKBitmap bitmap = new(new SKImageInfo(2 * Period, Period, SKColorType.Rgba8888, SKAlphaType.Premul));
        for (int y = 0; y < Period; y++)
        {
            for (int x = 0; x < 2 * Period; x++)
            {
                int folded = x < Period ? x : (2 * Period) - 1 - x;
                bitmap.SetPixel(x, y, (folded + y) % Period < Period / 2 ? SKColors.Black : SKColors.Transparent);
            }
        }
        bitmap.SetImmutable();
        return SKImage.FromBitmap(bitmap);
    }

    private static SKShader MakeSpeckle()
    {
        using SKBitmap bitmap = new(new SKImageInfo(SpeckleSide, SpeckleSide, SKColorType.Alpha8, SKAlphaType.Premul));
        RandomStream random = new(2);
        for (int y = 0; y < SpeckleSide; y += 2)
        {
            for (int x = 0; x < SpeckleSide; x += 2)
            {
                byte alpha = random.NextUnit() < 0.25f ? byte.MaxValue : (byte)0;
                bitmap.GetPixelSpan().Slice((y * bitmap.RowBytes) + x, 2).Fill(alpha);
                bitmap.GetPixelSpan().Slice(((y + 1) * bitmap.RowBytes) + x, 2).Fill(alpha);
            }
        }
        bitmap.SetImmutable();
        using SKImage image = SKImage.FromBitmap(bitmap);
        return image.ToShader(SKShaderTileMode.Repeat, SKShaderTileMode.Repeat);
    }
}
