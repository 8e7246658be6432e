using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A telephone that rings.</summary>
internal sealed class Telephone : EventKind
{
    public override string Name => "telephone";

    public override float Hue => 300;

    public override Voice Voice { get; } = new()
    {
        HighestHz = 2400,
        Ratios = [1, 1.25f, 2, 2.5f, 3.1f],
        Levels = [1, 1, 0.4f, 0.4f, 0.3f],
        Held = true,
        Duty = 0.55f,
        PulseHz = 20,
    };

    public override void Draw(Stage stage)
    {
        stage.Curve(stage.Y, 26, Shapes.Triangle);
        stage.BeginObject(5 * MathF.Sin(20 * stage.Seconds));
        stage.Polygon(Tone.Body, -0.6f, -0.2f, 0.6f, -0.2f, 1, 0.9f, -1, 0.9f);
        stage.Disc(0, 0.35f, 0.3f, Tone.Dark);
        stage.Box(-1, -0.75f, 1, -0.45f, Tone.Plain, 0.15f);
        stage.Box(-1, -0.75f, -0.55f, -0.2f, Tone.Plain, 0.15f);
        stage.Box(0.55f, -0.75f, 1, -0.2f, Tone.Plain, 0.15f);
        stage.EndObject();
    }
}
