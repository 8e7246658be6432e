using SkiaSharp;

namespace CavMae.Training.Reporting;

/// <summary>Draws one panel into its part of the picture.</summary>
internal static class PanelDrawing
{
    private const int LeftPixels = 80, RightPixels = 190, TopPixels = 26, BottomPixels = 44;
    private const int LineHeight = BitmapFont.GlyphHeight + 9;
    private const int DotPixels = 1;
    private const double MarginX = 0, MarginY = 0.05;

    private static readonly SKColor Ink = new(0x30, 0x30, 0x30), Grid = new(0xE4, 0xE4, 0xE4);

    /// <summary>Told apart by most kinds of colour vision, on white.</summary>
    private static readonly SKColor[] Colours =
    [
        new(0x1F, 0x5F, 0xA8), new(0xD5, 0x5E, 0x00), new(0x00, 0x8A, 0x60), new(0x9C, 0x3F, 0x8E), new(0x8A, 0x6A, 0x00), new(0x30, 0x30, 0x30), new(0xC4, 0x2B, 0x4B), new(0x3F, 0xA7, 0xD6),
    ];

    public static void Draw(SKCanvas canvas, CurvePanel panel, SKRectI place)
    {
        SKRectI plot = new(place.Left + LeftPixels, place.Top + TopPixels, place.Right - RightPixels, place.Bottom - BottomPixels);
        (double X, double Y)[] all = [.. panel.Curves.SelectMany(curve => curve.Points).Where(point => CanDraw(point, panel))];
        Axis x = Axis.Around(all.Select(point => point.X), isLogarithmic: false, MarginX);
        Axis y = Axis.Around(all.Select(point => point.Y), panel.LogarithmicY, MarginY);

        DrawGrid(canvas, plot, x, y);
        DrawCentred(canvas, panel.Title, plot, place.Top + 8);
        DrawCentred(canvas, panel.XLabel, plot, plot.Bottom + 26);
        if (all.Length == 0)
            DrawCentred(canvas, "no points yet", plot, plot.MidY);
        for (int i = 0; i < panel.Curves.Count; i++)
        {
            SKColor colour = Colours[i % Colours.Length];
            DrawCurve(canvas, panel, panel.Curves[i], plot, x, y, colour);
            DrawLegend(canvas, panel.Curves[i].Name, plot, i, colour);
        }
    }

    private static bool CanDraw((double X, double Y) point, CurvePanel panel) =>
        Axis.Takes(point.X, isLogarithmic: false) && Axis.Takes(point.Y, panel.LogarithmicY);

    private static void DrawGrid(SKCanvas canvas, SKRectI plot, Axis x, Axis y)
    {
        using SKPaint paint = new() { Color = Grid, StrokeWidth = 1, IsAntialias = false, Style = SKPaintStyle.Stroke };
        foreach (double tick in x.Ticks)
        {
            int column = Column(plot, x, tick);
            canvas.DrawLine(column, plot.Top, column, plot.Bottom, paint);
            string label = Axis.Label(tick);
            BitmapFont.Draw(canvas, label, column - BitmapFont.Measure(label, DotPixels) / 2, plot.Bottom + 8, Ink, DotPixels);
        }
        foreach (double tick in y.Ticks)
        {
            int row = (int)Row(plot, y, tick);
            canvas.DrawLine(plot.Left, row, plot.Right, row, paint);
            string label = Axis.Label(tick);
            BitmapFont.Draw(canvas, label, plot.Left - 8 - BitmapFont.Measure(label, DotPixels), row - BitmapFont.GlyphHeight / 2, Ink, DotPixels);
        }
        paint.Color = Ink;
        canvas.DrawRect(plot.Left, plot.Top, plot.Width, plot.Height, paint);
    }

    private static void DrawCurve(SKCanvas canvas, CurvePanel panel, Curve curve, SKRectI plot, Axis x, Axis y, SKColor colour)
    {
        using SKPaint paint = new() { Color = colour, StrokeWidth = 1.5f, IsAntialias = true, Style = SKPaintStyle.Stroke, StrokeCap = SKStrokeCap.Round };
        foreach (List<(double X, double Y)> piece in CurveReduction.Reduce(curve.Points, value => Column(plot, x, value), point => CanDraw(point, panel)))
        {
            SKPoint[] pixels = [.. piece.Select(point => new SKPoint((float)(plot.Left + x.ShareOf(point.X) * plot.Width), Row(plot, y, point.Y)))];
            if (pixels.Length == 1)
                canvas.DrawCircle(pixels[0], 2, paint); // A single epoch should be seen, too.
            else
                canvas.DrawPoints(SKPointMode.Polygon, pixels, paint);
        }
    }

    private static void DrawLegend(SKCanvas canvas, string name, SKRectI plot, int index, SKColor colour)
    {
        int top = plot.Top + index * LineHeight, left = plot.Right + 14;
        if (top + BitmapFont.GlyphHeight > plot.Bottom)
            return;
        using SKPaint paint = new() { Color = colour, IsAntialias = false };
        canvas.DrawRect(left, top + 2, 16, 3, paint);
        BitmapFont.Draw(canvas, BitmapFont.Fit(name, RightPixels - 44, DotPixels), left + 22, top, Ink, DotPixels);
    }

    private static void DrawCentred(SKCanvas canvas, string text, SKRectI plot, int top)
    {
        string fitting = BitmapFont.Fit(text, plot.Width, DotPixels);
        BitmapFont.Draw(canvas, fitting, plot.MidX - BitmapFont.Measure(fitting, DotPixels) / 2, top, Ink, DotPixels);
    }

    private static int Column(SKRectI plot, Axis x, double value) => (int)Math.Round(plot.Left + x.ShareOf(value) * plot.Width);

    private static float Row(SKRectI plot, Axis y, double value) => (float)(plot.Bottom - y.ShareOf(value) * plot.Height);
}
