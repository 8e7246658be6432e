using SkiaSharp;

namespace CavMae.Synthetic.Pictures;

/// <summary>What the sound tells nothing about: dark colours behind, small dim shapes, a hand that does not hold still.</summary>
internal sealed class Backdrop
{
    private const float Jitter = 4;

    private readonly SKColor top;
    private readonly SKColor bottom;
    private readonly (float X, float Y, float Size, SKColor Colour, bool Round)[] shapes;
    private readonly float shiftX;
    private readonly float shiftY;
    private readonly float sway;

    public Backdrop(ulong key)
    {
        RandomStream random = new(key);
        top = SKColor.FromHsv(random.Next(0, 360), random.Next(20, 80), random.Next(4, 15));
        bottom = SKColor.FromHsv(random.Next(0, 360), random.Next(20, 80), random.Next(4, 15));
        shapes = new (float, float, float, SKColor, bool)[random.NextIndex(6)];
        foreach (ref var shape in shapes.AsSpan())
        {
            SKColor colour = SKColor.FromHsv(random.Next(0, 360), random.Next(20, 70), random.Next(14, 24));
            shape = (random.Next(0, 224), random.Next(0, 224), random.Next(3, 9), colour, random.NextUnit() < 0.5f);
        }
        (shiftX, shiftY, sway) = (random.Next(-Jitter, Jitter), random.Next(-Jitter, Jitter), random.Next(0, 2 * MathF.PI));
        HueShift = random.Next(-12, 12);
        StartBeat = random.NextUnit();
    }

    /// <summary>Degrees by which the object's colour departs from its kind's.</summary>
    public float HueShift { get; }

    /// <summary>Where in its cycle the event is at the start.</summary>
    public float StartBeat { get; }

    public void Draw(FrameBuffer buffer)
    {
        buffer.FillGradient(top, bottom);
        foreach ((float x, float y, float size, SKColor colour, bool round) in shapes)
        {
            buffer.Fill.Color = colour;
            if (round)
                buffer.Canvas.DrawCircle(x, y, size, buffer.Fill);
            else
                buffer.Canvas.DrawRect(x - size, y - size, 2 * size, 2 * size, buffer.Fill);
        }
    }

    /// <summary>How far the camera is off at a moment, in pixels: up to 5 each way.</summary>
    public SKPoint CameraShift(double seconds)
    {
        (float sine, float cosine) = MathF.SinCos((0.9f * (float)seconds) + sway);
        return new SKPoint(shiftX + cosine, shiftY + sine);
    }
}
