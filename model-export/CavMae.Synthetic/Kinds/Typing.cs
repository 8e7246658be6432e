using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A key above a keyboard; it clatters.</summary>
internal sealed class Typing : EventKind
{
    public override string Name => "typing";

    public override float Hue => 260;

    public override Voice Voice { get; } = new()
    {
        HighestHz = 4200,
        Ratios = [1, 1.83f],
        Levels = [1, 0.6f],
        DecaySeconds = 0.18f,
        NoiseDecibels = (-26, 14),
        NoiseRatio = 1,
        Irregularity = 0.4f,
        Semitones = [0, 2, -2],
    };

    public override void Draw(Stage stage)
    {
        for (int row = -2; row <= 2; row++)
            stage.Dots(stage.Y + (22 * row), 0.7f);
        stage.BeginObject(0, 0, 0.08f * stage.Strike);
        stage.Box(-1, -0.9f, 1, 0.95f, Tone.Part, 0.2f);
        stage.Box(-0.85f, -0.85f, 0.85f, 0.65f, Tone.Body, 0.2f);
        stage.Line(-0.35f, 0.35f, 0, -0.45f, 0.16f, Tone.Dark);
        stage.Line(0, -0.45f, 0.35f, 0.35f, 0.16f, Tone.Dark);
        stage.EndObject();
    }
}
