using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A cricket in the grass; it trills.</summary>
internal sealed class Crickets : EventKind
{
    public override string Name => "crickets";

    public override float Hue => 95;

    public override Voice Voice { get; } = new()
    {
        HighestHz = 6000,
        Octaves = 2.2f,
        Ratios = [0.25f, 0.5f, 1, 2],
        Levels = [0.1f, 0.2f, 1, 0.2f],
        Held = true,
        Duty = 0.45f,
        PulseHz = 28,
        AttackSeconds = 0.02f,
        NoiseRatio = 1,
    };

    public override void Draw(Stage stage)
    {
        stage.Bars(stage.Y + (0.2f * stage.Radius), stage.Y + (0.2f * stage.Radius) + 70, 5);
        stage.BeginObject(5 * stage.Swing);
        stage.Oval(0, 0.1f, 1, 0.42f);
        stage.Line(-0.5f, 0.3f, -0.2f, -0.7f, 0.14f);
        stage.Line(-0.2f, -0.7f, 0.15f, 0.8f, 0.12f);
        stage.Line(0.8f, -0.1f, 1.1f, -0.9f - (0.1f * stage.Swing), 0.07f);
        stage.Disc(0.75f, 0, 0.1f, Tone.Dark);
        stage.EndObject();
    }
}
