using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A steam engine on its sleepers, puffing in fours.</summary>
internal sealed class Train : EventKind
{
    public override string Name => "train";

    public override float Hue => 100;

    public override Voice Voice { get; } = new()
    {
        HighestHz = 1100,
        Ratios = [1, 2, 3],
        Levels = [1, 0.7f, 0.5f],
        Held = true,
        Duty = 0.5f,
        AttackSeconds = 0.03f,
        NoiseDecibels = (-18, 16),
        NoiseRatio = 1.5f,
        NoiseQuality = 1.5f,
        Accents = [0, -5, -3, -5],
    };

    public override void Draw(Stage stage)
    {
        stage.Bars(stage.Y + stage.Radius, stage.Y + stage.Radius + 26, 4, -0.5f);
        stage.BeginObject(0, 0, 0.03f * stage.Swing);
        stage.Box(-1, -0.9f, -0.3f, 0.5f);
        stage.Box(-0.4f, -0.35f, 1, 0.5f);
        stage.Box(0.5f, -0.9f, 0.8f, -0.3f, Tone.Part);
        for (int wheel = -1; wheel <= 1; wheel++)
        {
            stage.Disc(0.65f * wheel, 0.65f, 0.3f, Tone.Part);
            stage.Line(0.65f * wheel, 0.65f, (0.65f * wheel) + (0.25f * MathF.Cos(stage.Beat)), 0.65f + (0.25f * MathF.Sin(stage.Beat)), 0.08f, Tone.Dark);
        }
        stage.EndObject();
    }
}
