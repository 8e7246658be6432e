using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A bird on its wire of song: each turn of the line is a chirp.</summary>
internal sealed class Bird : EventKind
{
    public override string Name => "bird";

    public override float Hue => 190;

    public override Voice Voice { get; } = new()
    {
        HighestHz = 4800,
        Octaves = 2.6f,
        Ratios = [0.5f, 1, 2, 3],
        Levels = [0.12f, 1, 0.25f, 0.12f],
        Held = true,
        Duty = 0.5f,
        AttackSeconds = 0.015f,
        Glide = u => 0.7f + (0.6f * u) - (0.5f * MathF.Max(0, u - 0.6f)),
        Semitones = [0, 3, -2],
    };

    public override void Draw(Stage stage)
    {
        stage.Curve(stage.Y + (0.9f * stage.Radius), 12, Shapes.Saw, 0.5f);
        stage.BeginObject(6 * stage.Swing);
        stage.Oval(-0.1f, 0.1f, 0.75f, 0.5f);
        stage.Disc(0.5f, -0.4f, 0.38f);
        stage.Polygon(Tone.Part, 0.82f, -0.5f, 1.1f, -0.35f - (0.1f * stage.Strike), 0.82f, -0.25f);
        stage.Polygon(Tone.Part, -0.5f, 0, 0.2f, 0, -0.7f, -0.8f * stage.Swing);
        stage.Polygon(Tone.Plain, -0.75f, 0, -1.1f, -0.3f, -1, 0.25f);
        stage.Disc(0.58f, -0.46f, 0.08f, Tone.Dark);
        stage.EndObject();
    }
}
