using SkiaSharp;

namespace CavMae.Training.Reporting;

/// <summary>Draws charts of a training as a PNG file: panels one below another, each with axes, grid, curves and a legend.</summary>
public static class CurvePlot
{
    internal const int WidthPixels = 960, TitlePixels = 40, PanelPixels = 320;

    private const string PartialSuffix = ".partial";
    private const int TitleDotPixels = 2, PngQuality = 100;

    /// <summary>Writes the picture, 960 pixels wide and 320 a panel high; it appears whole or not at all.</summary>
    /// <exception cref="IOException">The file cannot be written; one that was there stays as it was.</exception>
    public static void Write(string path, string title, IReadOnlyList<CurvePanel> panels)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(panels);
        byte[] png = Draw(title, panels);
        string partial = path + PartialSuffix;
        // Opened before the try: what could not be opened is not ours to delete.
        FileStream stream = new(partial, FileMode.Create, FileAccess.Write, FileShare.None);
        try
        {
            using (stream)
            {
                stream.Write(png);
                stream.Flush(flushToDisk: true);
            }
            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    private static byte[] Draw(string title, IReadOnlyList<CurvePanel> panels)
    {
        SKImageInfo size = new(WidthPixels, TitlePixels + panels.Count * PanelPixels, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using SKBitmap bitmap = new(size);
        using (SKCanvas canvas = new(bitmap))
        {
            canvas.Clear(SKColors.White);
            string fitting = BitmapFont.Fit(title, WidthPixels - 20, TitleDotPixels);
            BitmapFont.Draw(canvas, fitting, (WidthPixels - BitmapFont.Measure(fitting, TitleDotPixels)) / 2, 14, SKColors.Black, TitleDotPixels);
            for (int i = 0; i < panels.Count; i++)
                PanelDrawing.Draw(canvas, panels[i], new SKRectI(0, TitlePixels + i * PanelPixels, WidthPixels, TitlePixels + (i + 1) * PanelPixels));
        }
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, PngQuality);
        return data.ToArray();
    }
}
