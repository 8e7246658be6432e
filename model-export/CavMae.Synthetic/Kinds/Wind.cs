using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A whirl in streaks of wind; it howls.</summary>
internal sealed class Wind : EventKind
{
    public override string Name => "wind";

    public override float Hue => 170;

    public override Voice Voice { get; } = new()
    {
        HighestHz = 2400,
        Held = true,
        Duty = 1,
        AttackSeconds = 0.4f,
        NoiseDecibels = (-18, 18),
        NoiseRatio = 1,
        NoiseQuality = 3,
        Glide = u => 0.85f + (0.3f * MathF.Sin(MathF.PI * u)),
    };

    public override void Draw(Stage stage)
    {
        stage.Levels(stage.X - stage.Reach, stage.X + stage.Reach, 0.05f);
        stage.BeginObject(stage.Beat * 90);
        stage.Disc(0, 0, 1);
        for (int turn = 0; turn < 4; turn++)
            stage.Arc(0, 0, 0.85f - (0.2f * turn), 0.85f - (0.2f * turn), 70 * turn, 250, 0.1f, Tone.Dark);
        stage.EndObject();
    }
}
