using SkiaSharp;

namespace CavMae.Synthetic.Pictures;

/// <summary>
/// One frame in the making. Marks that repeat (see <c>Stage.Marks.cs</c>) are drawn in pixels; the object is drawn between
/// <see cref="BeginObject"/> and <see cref="EndObject"/> in its own units, where it fills −1 … 1.
/// </summary>
internal sealed partial class Stage
{
    private const int Side = SyntheticClip.FrameSide;

    private const float DustPixels = 24;

    private readonly FrameBuffer buffer;
    private readonly EventParameters parameters;
    private readonly float hue;
    private bool isCleared;

    public Stage(FrameBuffer buffer, EventParameters parameters, double seconds, float startBeat, float hue, SKPoint jitter)
    {
        this.buffer = buffer;
        this.parameters = parameters;
        this.hue = hue;
        Seconds = (float)seconds;
        Beat = ((float)seconds * parameters.RateHz) + startBeat;
        X = parameters.CentreXPixels + jitter.X;
        Y = parameters.CentreYPixels + jitter.Y;
        Radius = parameters.RadiusPixels;
        Spacing = parameters.SpacingPixels;
    }

    public float Seconds { get; }

    /// <summary>Events since the start, with the fraction of the running one.</summary>
    public float Beat { get; }

    /// <summary>0 at an event … 1 just before the next.</summary>
    public float Phase => Beat - MathF.Floor(Beat);

    /// <summary>−1 … 1, once in two events: there and back.</summary>
    public float Swing => MathF.Sin(MathF.PI * Beat);

    /// <summary>1 at an event, falling to 0.</summary>
    public float Strike => MathF.Max(0, 1 - (2 * Phase));

    /// <summary>The object's centre, in pixels.</summary>
    public float X { get; }

    public float Y { get; }

    public float Radius { get; }

    /// <summary>Distance of repeated marks, in pixels.</summary>
    public float Spacing { get; }

    private SKCanvas Canvas => buffer.Canvas;

    /// <summary>Moves into the object's units; the shifts are in them too, the turn in degrees clockwise. What is behind is darkened the first time.</summary>
    public void BeginObject(float turnDegrees = 0, float shiftX = 0, float shiftY = 0)
    {
        if (!isCleared)
            Clear();
        isCleared = true;
        Canvas.Save();
        Canvas.Translate(X + (shiftX * Radius), Y + (shiftY * Radius));
        Canvas.Scale(Radius);
        Canvas.RotateDegrees(turnDegrees);
        buffer.Stripes.Shader = Patterns.Stripes(1 / Radius);
        buffer.Stripes.Color = SKColors.Black.WithAlpha((byte)(235 * parameters.Texture));
    }

    /// <summary>Darkens a disc behind the object, so that it stands out from dust and marks, however small it is.</summary>
    private void Clear() => Canvas.DrawCircle(X, Y, 1.15f * Radius, Filling(Tone.Dark));

    /// <summary>
    /// The dust a rough thing raises: speckle in a ring around the object, as wide for a small one as for a big one.
    /// </summary>
    public void Dust()
    {
        buffer.Speckle.Color = Colour(Tone.Part).WithAlpha((byte)(255 * parameters.Texture));
        Canvas.DrawCircle(X, Y, Radius + DustPixels, buffer.Speckle);
    }

    public void EndObject() => Canvas.Restore();

    public void Disc(float x, float y, float radius, Tone tone = Tone.Body) => Oval(x, y, radius, radius, tone);

    public void Oval(float x, float y, float radiusX, float radiusY, Tone tone = Tone.Body)
    {
        Canvas.DrawOval(x, y, radiusX, radiusY, Filling(tone));
        if (tone == Tone.Body)
            Canvas.DrawOval(x, y, radiusX, radiusY, buffer.Stripes);
    }

    public void Box(float left, float top, float right, float bottom, Tone tone = Tone.Body, float corner = 0.1f)
    {
        SKRect rect = new(left, top, right, bottom);
        Canvas.DrawRoundRect(rect, corner, corner, Filling(tone));
        if (tone == Tone.Body)
            Canvas.DrawRoundRect(rect, corner, corner, buffer.Stripes);
    }

    /// <summary>A closed outline through x, y, x, y, …</summary>
    public void Polygon(Tone tone, params ReadOnlySpan<float> coordinates)
    {
        buffer.Outline.MoveTo(coordinates[0], coordinates[1]);
        for (int i = 2; i < coordinates.Length; i += 2)
            buffer.Outline.LineTo(coordinates[i], coordinates[i + 1]);
        buffer.Outline.Close();
        FillOutline(tone);
    }

    /// <summary>A star or cog of <paramref name="points"/> points between two radii.</summary>
    public void Star(int points, float inner, float outer, Tone tone = Tone.Body)
    {
        for (int i = 0; i < 2 * points; i++)
        {
            (float sine, float cosine) = MathF.SinCos(MathF.PI * i / points);
            float radius = i % 2 == 0 ? outer : inner;
            if (i == 0)
                buffer.Outline.MoveTo(radius * sine, -radius * cosine);
            else
                buffer.Outline.LineTo(radius * sine, -radius * cosine);
        }
        buffer.Outline.Close();
        FillOutline(tone);
    }

    /// <summary>A slice of a disc; angles in degrees, clockwise from the right.</summary>
    public void Slice(float x, float y, float radius, float startDegrees, float sweepDegrees, Tone tone = Tone.Body)
    {
        SKRect rect = new(x - radius, y - radius, x + radius, y + radius);
        Canvas.DrawArc(rect, startDegrees, sweepDegrees, true, Filling(tone));
        if (tone == Tone.Body)
            Canvas.DrawArc(rect, startDegrees, sweepDegrees, true, buffer.Stripes);
    }

    public void Line(float x0, float y0, float x1, float y1, float width, Tone tone = Tone.Plain) =>
        Canvas.DrawLine(x0, y0, x1, y1, Drawing(tone, width));

    /// <summary>An open arc of an ellipse; angles in degrees, clockwise from the right.</summary>
    public void Arc(float x, float y, float radiusX, float radiusY, float startDegrees, float sweepDegrees, float width, Tone tone = Tone.Plain) =>
        Canvas.DrawArc(new SKRect(x - radiusX, y - radiusY, x + radiusX, y + radiusY), startDegrees, sweepDegrees, false, Drawing(tone, width));

    private void FillOutline(Tone tone)
    {
        using SKPath path = buffer.Outline.Detach();
        Canvas.DrawPath(path, Filling(tone));
        if (tone == Tone.Body)
            Canvas.DrawPath(path, buffer.Stripes);
    }

    private SKPaint Filling(Tone tone)
    {
        buffer.Fill.Color = Colour(tone);
        return buffer.Fill;
    }

    private SKPaint Drawing(Tone tone, float width)
    {
        buffer.Stroke.Color = Colour(tone);
        buffer.Stroke.StrokeWidth = width;
        return buffer.Stroke;
    }

    private SKColor Colour(Tone tone)
    {
        float value = 100 * parameters.Brightness;
        return tone switch
        {
            Tone.Body or Tone.Plain => SKColor.FromHsv(hue, 0.6f * parameters.Saturation, value),
            Tone.Part => SKColor.FromHsv(hue, parameters.Saturation, 0.6f * value),
            _ => SKColor.FromHsv(hue, 60, 7),
        };
    }
}
