using CavMae.Synthetic.Pictures;

namespace CavMae.Synthetic.Kinds;

/// <summary>Curves of period 1 and height −1 … 1 (upwards), and objects that two kinds share.</summary>
internal static class Shapes
{
    private static readonly float[] CardiogramPoints = [0, 0, 0.15f, 0, -0.25f, 1, -0.55f, 0, 0, 0.25f, 0.2f, 0];

    public static float Sine(float point) => MathF.Sin(2 * MathF.PI * point);

    public static float Hop(float point) => (2 * MathF.Sin(MathF.PI * point)) - 1;

    public static float Crest(float point) => 1 - (2 * MathF.Sin(MathF.PI * point));

    public static float Saw(float point) => (2 * point) - 1;

    public static float Triangle(float point) => point < 0.5f ? (4 * point) - 1 : 3 - (4 * point);

    public static float Square(float point) => point < 0.5f ? 1 : -1;

    /// <summary>Lightning: down, a little up, down.</summary>
    public static float Bolt(float point) => point < 0.4f ? 1 - (3 * point) : point < 0.6f ? -0.2f + (3 * (point - 0.4f)) : point < 0.8f ? 0.4f - (7 * (point - 0.6f)) : -1 + (10 * (point - 0.8f));

    /// <summary>A heartbeat as a cardiogram draws it.</summary>
    public static float Cardiogram(float point)
    {
        float at = point * CardiogramPoints.Length;
        int before = Math.Min((int)at, CardiogramPoints.Length - 1);
        float next = CardiogramPoints[(before + 1) % CardiogramPoints.Length];
        return CardiogramPoints[before] + ((next - CardiogramPoints[before]) * (at - before));
    }

    public static void Cloud(Stage stage, float shiftX)
    {
        stage.BeginObject(0, shiftX);
        stage.Disc(-0.55f, 0.1f, 0.45f);
        stage.Disc(0.55f, 0.1f, 0.45f);
        stage.Disc(0, -0.2f, 0.6f);
        stage.Box(-0.8f, 0, 0.8f, 0.55f, Tone.Body, 0.25f);
        stage.EndObject();
    }
}
