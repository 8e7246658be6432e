using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A ray gun and its bolts; each zap falls from high to low.</summary>
internal sealed class Laser : EventKind
{
    private static readonly (float[] Ratios, float[] Levels) Spectrum = Sound.Voice.Harmonics(5, 1.0f);

    public override string Name => "laser";

    public override float Hue => 280;

    public override Voice Voice { get; } = new()
    {
        Ratios = Spectrum.Ratios,
        Levels = Spectrum.Levels,
        HighestHz = 1600,
        DecaySeconds = 0.3f,
        Glide = u => 0.5f + (3 * MathF.Exp(-6 * u)),
    };

    public override void Draw(Stage stage)
    {
        float beam = Math.Clamp(0.35f * stage.Spacing, 3, 9);
        int direction = stage.X < 112 ? 1 : -1;
        foreach (float row in (ReadOnlySpan<float>)[-9, 9])
        {
            stage.Beam(stage.X, stage.Y + row, 1, beam);
            stage.Beam(stage.X, stage.Y + row, -1, beam);
        }
        stage.BeginObject();
        stage.Box(-0.9f, -0.6f, 0.9f, 0.1f, Tone.Body, 0.3f);
        stage.Polygon(Tone.Body, -0.5f * direction, 0, 0.1f * direction, 0, -0.2f * direction, 1, -0.8f * direction, 1);
        stage.Disc(0.6f * direction, -0.25f, 0.2f, Tone.Dark);
        stage.EndObject();
    }
}
