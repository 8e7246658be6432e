using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A helicopter over its downwash; blades thump.</summary>
internal sealed class Helicopter : EventKind
{
    private static readonly (float[] Ratios, float[] Levels) Spectrum = Sound.Voice.Harmonics(6, 0.8f);

    public override string Name => "helicopter";

    public override float Hue => 150;

    public override Voice Voice { get; } = new()
    {
        Ratios = Spectrum.Ratios,
        Levels = Spectrum.Levels,
        HighestHz = 560,
        Octaves = 2.6f,
        Held = true,
        Duty = 0.5f,
        AttackSeconds = 0.03f,
        NoiseDecibels = (-20, 14),
        NoiseRatio = 5,
    };

    public override void Draw(Stage stage)
    {
        stage.Bars(stage.Y - stage.Reach, stage.Y + stage.Reach, 20, 0.2f);
        stage.BeginObject(4 * stage.Swing);
        stage.Oval(0.15f, 0.2f, 0.7f, 0.5f);
        stage.Polygon(Tone.Body, -0.4f, 0, -1, -0.25f, -1.05f, 0.1f, -0.4f, 0.3f);
        stage.Line(0.1f, -0.3f, 0.1f, -0.6f, 0.12f, Tone.Part);
        stage.Line(0.1f - (1.1f * MathF.Cos(stage.Beat * 2)), -0.65f, 0.1f + (1.1f * MathF.Cos(stage.Beat * 2)), -0.65f, 0.14f);
        stage.Disc(0.45f, 0.1f, 0.22f, Tone.Dark);
        stage.Line(-0.3f, 0.9f, 0.7f, 0.9f, 0.1f, Tone.Part);
        stage.EndObject();
    }
}
