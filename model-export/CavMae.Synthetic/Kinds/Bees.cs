using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A bee on a winding flight; it buzzes.</summary>
internal sealed class Bees : EventKind
{
    private static readonly (float[] Ratios, float[] Levels) Spectrum = Sound.Voice.Harmonics(20, 1.0f);

    public override string Name => "bees";

    public override float Hue => 48;

    public override Voice Voice { get; } = new()
    {
        Ratios = Spectrum.Ratios,
        Levels = Spectrum.Levels,
        HighestHz = 900,
        Octaves = 2.6f,
        Held = true,
        Duty = 0.85f,
        AttackSeconds = 0.06f,
        Glide = u => 1 + (0.12f * MathF.Sin(2 * MathF.PI * u)),
    };

    public override void Draw(Stage stage)
    {
        stage.Curve(stage.Y, 34, Shapes.Sine, 0.3f, 2.5f);
        float flap = 0.5f + (0.2f * MathF.Sin(40 * stage.Seconds));
        stage.BeginObject(8 * stage.Swing);
        stage.Oval(-0.25f, -0.55f, 0.3f, flap, Tone.Part);
        stage.Oval(0.25f, -0.55f, 0.3f, flap, Tone.Part);
        stage.Oval(0, 0.15f, 1, 0.6f);
        stage.Line(-0.45f, -0.25f, -0.45f, 0.55f, 0.2f, Tone.Dark);
        stage.Line(0.1f, -0.35f, 0.1f, 0.65f, 0.2f, Tone.Dark);
        stage.Disc(0.7f, 0.05f, 0.1f, Tone.Dark);
        stage.EndObject();
    }
}
