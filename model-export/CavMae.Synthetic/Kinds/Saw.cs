using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A circular saw between its teeth marks; it screeches.</summary>
internal sealed class Saw : EventKind
{
    private static readonly (float[] Ratios, float[] Levels) Spectrum = Sound.Voice.Harmonics(16, 0.3f);

    public override string Name => "saw";

    public override float Hue => 330;

    public override Voice Voice { get; } = new()
    {
        Ratios = Spectrum.Ratios,
        Levels = Spectrum.Levels,
        HighestHz = 1500,
        Held = true,
        Duty = 0.7f,
        AttackSeconds = 0.04f,
        NoiseDecibels = (-16, 10),
        NoiseRatio = 3,
        Glide = u => 1.1f - (0.25f * MathF.Sin(MathF.PI * u)),
    };

    public override void Draw(Stage stage)
    {
        stage.Curve(stage.Y, 10, Shapes.Saw, 0, 4);
        stage.BeginObject(stage.Beat * 50);
        stage.Star(14, 0.82f, 1.05f);
        stage.Disc(0, 0, 0.25f, Tone.Dark);
        stage.EndObject();
    }
}
