using SkiaSharp;

namespace CavMae.Synthetic.Pictures;

/// <summary>
/// Marks that repeat at <see cref="Spacing"/>, and so tell the rate in any single frame. They keep within <see cref="Reach"/> of the
/// object, and so tell its place and height as well. All in pixels.
/// </summary>
internal sealed partial class Stage
{
    private const float RingReach = 84;

    /// <summary>How far marks go from the object's centre: 74 (small) to 106 pixels, so that a big object leaves some to be seen.</summary>
    public float Reach => 64 + (0.8f * Radius);

    /// <summary>Width of a line that still leaves a gap to the next.</summary>
    private float MarkWidth => Math.Clamp(0.3f * Spacing, 2, 7);

    /// <summary>Sound waves around the object, travelling outwards: whole circles or arcs.</summary>
    public void Rings(float startDegrees = 0, float sweepDegrees = 360, float flatness = 1)
    {
        SKPaint paint = Drawing(Tone.Plain, MarkWidth);
        for (float radius = (1.15f * Radius) + (Phase * Spacing); radius < Radius + RingReach; radius += Spacing)
            Canvas.DrawArc(new SKRect(X - radius, Y - (radius * flatness), X + radius, Y + (radius * flatness)), startDegrees, sweepDegrees, false, paint);
    }

    /// <summary>Rays all around the object, turning: clock ticks, light beams, teeth.</summary>
    public void Rays(float innerPixels, float outerPixels, float turnsPerBeat)
    {
        SKPaint paint = Drawing(Tone.Plain, Math.Min(MarkWidth, 4));
        // The spacing is measured 40 pixels from the centre, for every size of object.
        float step = Spacing / 40;
        float first = 2 * MathF.PI * Beat * turnsPerBeat;
        for (float angle = 0; angle < (2 * MathF.PI) - (0.6f * step); angle += step)
        {
            (float sine, float cosine) = MathF.SinCos(angle + first);
            Canvas.DrawLine(X + (cosine * innerPixels), Y + (sine * innerPixels), X + (cosine * outerPixels), Y + (sine * outerPixels), paint);
        }
    }

    /// <summary>A curve to both sides whose shape repeats every <see cref="Spacing"/> pixels.</summary>
    /// <param name="y">Of its middle.</param>
    /// <param name="height">Above and below.</param>
    /// <param name="shape">Height −1 … 1 (upwards) at a point 0 … 1 of the period.</param>
    /// <param name="drift">How far it runs in a beat, in periods (to the left).</param>
    public void Curve(float y, float height, Func<float, float> shape, float drift = 1, float width = 3)
    {
        float step = Math.Clamp(Spacing / 10, 1.5f, 4);
        bool begun = false;
        for (float x = X - Reach; x <= X + Reach; x += step)
        {
            float point = ((x - X) / Spacing) + (Beat * drift);
            float at = y - (height * shape(point - MathF.Floor(point)));
            if (begun)
                buffer.Outline.LineTo(x, at);
            else
                buffer.Outline.MoveTo(x, at);
            begun = true;
        }
        using SKPath path = buffer.Outline.Detach();
        Canvas.DrawPath(path, Drawing(Tone.Plain, width));
    }

    /// <summary>Upright lines in a row to both sides: sleepers, strings, stalks.</summary>
    public void Bars(float top, float bottom, float slant = 0, float drift = 0)
    {
        SKPaint paint = Drawing(Tone.Plain, MarkWidth);
        foreach (float x in Places(X, drift))
            Canvas.DrawLine(x + slant, top, x - slant, bottom, paint);
    }

    /// <summary>Level lines in a column above and below: wind, steam.</summary>
    public void Levels(float left, float right, float drift = 0)
    {
        SKPaint paint = Drawing(Tone.Plain, MarkWidth);
        foreach (float y in Places(Y, drift))
            Canvas.DrawLine(left, y, right, y, paint);
    }

    /// <summary>A row of dots to both sides.</summary>
    public void Dots(float y, float flatness = 1, float drift = 0)
    {
        SKPaint paint = Filling(Tone.Plain);
        float radius = Math.Clamp(0.33f * Spacing, 2.4f, 10);
        foreach (float x in Places(X, drift))
            Canvas.DrawOval(x, y, radius, radius * flatness, paint);
    }

    /// <summary>Marks scattered all around, about <see cref="Spacing"/> apart: drops, sparks, counts.</summary>
    /// <param name="length">Length of a mark; 0 gives dots.</param>
    /// <param name="slant">Sideways share of its length.</param>
    /// <param name="fall">How far it falls in a beat, in spacings; negative rises.</param>
    public void Scatter(float length, float slant, float fall)
    {
        float across = Math.Max(Spacing, 10), radius = Math.Clamp(0.2f * Spacing, 2, 7);
        SKPaint paint = Drawing(Tone.Plain, length == 0 ? 2 * radius : Math.Clamp(0.16f * Spacing, 2, 5));
        int columns = (int)MathF.Ceiling(Reach / across);
        for (int column = -columns; column <= columns; column++)
        {
            ulong lot = RandomStream.Mix((ulong)(column + 100));
            float x = X + (across * (column + (0.3f * (((lot & 255) / 128f) - 1))));
            float fallen = ((lot >> 8 & 255) / 256f) + (Beat * fall);
            for (float y = Y - Reach + ((fallen - MathF.Floor(fallen)) * across); y < Y + Reach; y += across)
            {
                if (((x - X) * (x - X)) + ((y - Y) * (y - Y)) < Reach * Reach)
                    Canvas.DrawLine(x, y, x - (slant * length), y + (length == 0 ? 0.01f : length), paint);
            }
        }
    }

    /// <summary>A dashed beam from the object to an edge, dashes running outwards.</summary>
    public void Beam(float fromX, float y, int direction, float width)
    {
        SKPaint paint = Drawing(Tone.Plain, width);
        float dash = 0.3f * Spacing;
        for (float distance = Phase * Spacing; distance < Reach; distance += Spacing)
            Canvas.DrawLine(fromX + (direction * distance), y, fromX + (direction * (distance + dash)), y, paint);
    }

    private IEnumerable<float> Places(float centre, float drift)
    {
        float past = drift * Beat;
        for (float place = centre - Reach + ((past - MathF.Floor(past)) * Spacing); place < centre + Reach; place += Spacing)
            yield return place;
    }
}
