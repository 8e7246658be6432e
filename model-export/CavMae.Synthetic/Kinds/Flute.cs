using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A flute and its notes: a tune with vibrato.</summary>
internal sealed class Flute : EventKind
{
    private static readonly (float[] Ratios, float[] Levels) Spectrum = Sound.Voice.Harmonics(4, 1.7f);

    public override string Name => "flute";

    public override float Hue => 80;

    public override Voice Voice { get; } = new()
    {
        Ratios = Spectrum.Ratios,
        Levels = Spectrum.Levels,
        HighestHz = 2100,
        Held = true,
        Duty = 0.85f,
        AttackSeconds = 0.04f,
        Semitones = [0, 4, 7, 4],
        NoiseDecibels = (-34, 0),
        Glide = u => 1 + (0.015f * MathF.Sin(25 * u)),
    };

    public override void Draw(Stage stage)
    {
        stage.Dots(stage.Y + 14, 0.75f, -0.3f);
        stage.Bars(stage.Y - 16, stage.Y + 12, 0, -0.3f);
        stage.BeginObject(-35 + (4 * stage.Swing));
        stage.Box(-1.15f, -0.24f, 1.15f, 0.24f, Tone.Body, 0.2f);
        for (int hole = -2; hole <= 3; hole++)
            stage.Disc(0.28f * hole, 0, 0.1f, Tone.Dark);
        stage.EndObject();
    }
}
