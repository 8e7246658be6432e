using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A kettle under its steam; it whistles.</summary>
internal sealed class Kettle : EventKind
{
    private static readonly (float[] Ratios, float[] Levels) Spectrum = Sound.Voice.Harmonics(3, 1.0f);

    public override string Name => "kettle";

    public override float Hue => 40;

    public override Voice Voice { get; } = new()
    {
        Ratios = Spectrum.Ratios,
        Levels = Spectrum.Levels,
        HighestHz = 3600,
        Octaves = 2.6f,
        Held = true,
        Duty = 0.7f,
        AttackSeconds = 0.05f,
        NoiseDecibels = (-16, 8),
        NoiseRatio = 1.5f,
        Glide = u => 0.8f + (0.3f * u),
    };

    public override void Draw(Stage stage)
    {
        stage.Levels(stage.X - 34, stage.X + 34, -0.3f);
        stage.BeginObject(2 * stage.Swing);
        stage.Disc(0, 0.25f, 0.72f);
        stage.Polygon(Tone.Part, 0.5f, 0.3f, 1.1f, -0.4f, 0.9f, -0.45f, 0.4f, -0.1f);
        stage.Arc(0, -0.3f, 0.6f, 0.6f, 180, 180, 0.14f, Tone.Part);
        stage.Disc(0, -0.5f, 0.14f, Tone.Part);
        stage.EndObject();
    }
}
