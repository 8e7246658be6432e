using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A frog among lily pads; it croaks.</summary>
internal sealed class Frog : EventKind
{
    private static readonly (float[] Ratios, float[] Levels) Spectrum = Sound.Voice.Harmonics(14, 0.6f);

    public override string Name => "frog";

    public override float Hue => 130;

    public override Voice Voice { get; } = new()
    {
        Ratios = Spectrum.Ratios,
        Levels = Spectrum.Levels,
        HighestHz = 1100,
        Octaves = 2.6f,
        Held = true,
        Duty = 0.5f,
        PulseHz = 36,
        AttackSeconds = 0.03f,
        NoiseRatio = 3,
    };

    public override void Draw(Stage stage)
    {
        stage.Dots(stage.Y + (0.95f * stage.Radius), 0.45f);
        stage.Dots(stage.Y + (0.95f * stage.Radius) + 14, 0.45f, 0.1f);
        stage.BeginObject();
        stage.Oval(0, 0.25f, 1, 0.7f);
        stage.Disc(-0.5f, -0.5f, 0.34f);
        stage.Disc(0.5f, -0.5f, 0.34f);
        stage.Disc(-0.5f, -0.55f, 0.16f, Tone.Dark);
        stage.Disc(0.5f, -0.55f, 0.16f, Tone.Dark);
        stage.Oval(0, 0.35f, 0.6f, 0.06f + (0.14f * stage.Strike), Tone.Dark);
        stage.EndObject();
    }
}
