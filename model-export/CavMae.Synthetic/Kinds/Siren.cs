using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A siren's lamp whose beams turn; the sound sweeps up and down.</summary>
internal sealed class Siren : EventKind
{
    private static readonly (float[] Ratios, float[] Levels) Spectrum = Sound.Voice.Harmonics(7, 1.0f);

    public override string Name => "siren";

    public override float Hue => 0;

    public override Voice Voice { get; } = new()
    {
        Ratios = Spectrum.Ratios,
        Levels = Spectrum.Levels,
        HighestHz = 1700,
        Held = true,
        Duty = 1,
        AttackSeconds = 0.02f,
        Glide = u => 0.7f + (0.8f * MathF.Sin(MathF.PI * u)),
    };

    public override void Draw(Stage stage)
    {
        stage.Rays(1.05f * stage.Radius, stage.Radius + 60, 0.1f);
        stage.BeginObject();
        stage.Slice(0, 0.3f, 1, 180, 180);
        stage.Box(-1, 0.35f, 1, 0.8f, Tone.Part);
        stage.EndObject();
    }
}
