using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>An engine whose piston pumps and whose exhaust puffs.</summary>
internal sealed class Engine : EventKind
{
    private static readonly (float[] Ratios, float[] Levels) Spectrum = Sound.Voice.Harmonics(14, 0.7f);

    public override string Name => "engine";

    public override float Hue => 120;

    public override Voice Voice { get; } = new()
    {
        Ratios = Spectrum.Ratios,
        Levels = Spectrum.Levels,
        HighestHz = 640,
        Held = true,
        Duty = 0.55f,
        AttackSeconds = 0.02f,
        NoiseDecibels = (-30, 4),
        NoiseRatio = 5,
    };

    public override void Draw(Stage stage)
    {
        stage.Dots(stage.Y + 8, 1, 0.5f);
        stage.Dots(stage.Y - 10, 1, 0.3f);
        stage.BeginObject();
        stage.Box(-1, -0.1f, 1, 0.9f);
        stage.Box(-0.35f, -0.9f + (0.25f * stage.Swing), 0.35f, 0, Tone.Part);
        stage.Disc(-0.5f, 0.4f, 0.22f, Tone.Dark);
        stage.Disc(0.5f, 0.4f, 0.22f, Tone.Dark);
        stage.EndObject();
    }
}
