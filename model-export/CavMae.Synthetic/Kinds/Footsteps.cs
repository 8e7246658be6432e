using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A boot and the prints it leaves.</summary>
internal sealed class Footsteps : EventKind
{
    public override string Name => "footsteps";

    public override float Hue => 30;

    public override Voice Voice { get; } = new()
    {
        HighestHz = 1100,
        Ratios = [1, 1.7f],
        Levels = [1, 0.5f],
        DecaySeconds = 0.22f,
        NoiseDecibels = (-26, 12),
        NoiseRatio = 2,
        Semitones = [0, -3],
        Accents = [0, -4],
    };

    public override void Draw(Stage stage)
    {
        stage.Dots(stage.Y + (1.05f * stage.Radius), 0.6f);
        stage.Dots(stage.Y + (1.05f * stage.Radius) + 14, 0.6f, 0.5f);
        stage.BeginObject(-14 * MathF.Abs(stage.Swing));
        stage.Box(-0.8f, -1, 0, 0.6f);
        stage.Box(-0.8f, 0.1f, 1, 0.75f, Tone.Body, 0.3f);
        stage.Box(-0.85f, 0.7f, 1, 0.95f, Tone.Dark);
        stage.EndObject();
    }
}
