using SkiaSharp;

namespace CavMae.Synthetic.Pictures;

/// <summary>The texture: diagonal zigzag stripes, eight pixels apart whatever the object's size.</summary>
internal static class StripePattern
{
    private const int Period = 8;

    private static readonly SKImage Tile = MakeTile();

    /// <summary>A shader of opaque and clear stripes; the paint's alpha says how strongly they show.</summary>
    /// <param name="unitsPerPixel">Length of a pixel in the units that are drawn in.</param>
    public static SKShader Shader(float unitsPerPixel) => Tile.ToShader(
        SKShaderTileMode.Repeat, SKShaderTileMode.Repeat, new SKSamplingOptions(SKFilterMode.Nearest), SKMatrix.CreateScale(unitsPerPixel, unitsPerPixel));

    private static SKImage MakeTile()
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
}
