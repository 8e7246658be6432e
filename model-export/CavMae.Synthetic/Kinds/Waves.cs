using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A boat on waves.</summary>
internal sealed class Waves : EventKind
{
    public override string Name => "waves";

    public override float Hue => 220;

    public override Voice Voice { get; } = new()
    {
        HighestHz = 2600,
        Held = true,
        Duty = 0.9f,
        AttackSeconds = 0.3f,
        NoiseDecibels = (-16, 20),
        NoiseRatio = 1,
        NoiseQuality = 2,
    };

    public override void Draw(Stage stage)
    {
        stage.BeginObject(8 * stage.Swing, 0, 0.06f * stage.Swing);
        stage.Polygon(Tone.Body, -1, 0.2f, 1, 0.2f, 0.6f, 0.9f, -0.6f, 0.9f);
        stage.Polygon(Tone.Body, -0.05f, -1, -0.05f, 0.1f, -0.8f, 0.1f);
        stage.Polygon(Tone.Part, 0.08f, -0.8f, 0.08f, 0.1f, 0.7f, 0.1f);
        stage.EndObject();
        for (int row = 0; row < 3; row++)
            stage.Curve(stage.Y + (0.8f * stage.Radius) + (13 * row), 6, Shapes.Crest, 0.4f + (0.2f * row), 3);
    }
}
