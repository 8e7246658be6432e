using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A warning sign that beeps in a square wave.</summary>
internal sealed class Alarm : EventKind
{
    private static readonly (float[] Ratios, float[] Levels) Spectrum = Sound.Voice.Harmonics(8, 1.0f, odd: true);

    public override string Name => "alarm";

    public override float Hue => 55;

    public override Voice Voice { get; } = new()
    {
        Ratios = Spectrum.Ratios,
        Levels = Spectrum.Levels,
        HighestHz = 3000,
        Held = true,
        Duty = 0.45f,
        AttackSeconds = 0.006f,
    };

    public override void Draw(Stage stage)
    {
        stage.Curve(stage.Y, 20, Shapes.Square, 0.5f);
        stage.BeginObject();
        stage.Polygon(Tone.Body, 0, -1, 1, 0.8f, -1, 0.8f);
        stage.Box(-0.12f, -0.4f, 0.12f, 0.3f, Tone.Dark);
        stage.Disc(0, 0.55f, 0.14f, Tone.Dark);
        stage.EndObject();
    }
}
