using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A ball that hops along a shelf: its path is drawn in arcs, its sound falls in pitch.</summary>
internal sealed class Ball : EventKind
{
    private static readonly (float[] Ratios, float[] Levels) Spectrum = Sound.Voice.Harmonics(4, 1.5f);

    public override string Name => "ball";

    public override float Hue => 15;

    public override Voice Voice { get; } = new()
    {
        Ratios = Spectrum.Ratios,
        Levels = Spectrum.Levels,
        HighestHz = 1500,
        DecaySeconds = 0.35f,
        Glide = u => 1.5f - (0.7f * MathF.Sqrt(u)),
    };

    public override void Draw(Stage stage)
    {
        stage.Curve(stage.Y, 16, Shapes.Hop, 0);
        stage.BeginObject(stage.Beat * 40, 0, -0.2f * MathF.Abs(stage.Swing));
        stage.Disc(0, 0, 1);
        stage.Line(-0.7f, 0, 0.7f, 0, 0.1f, Tone.Dark);
        stage.EndObject();
    }
}
