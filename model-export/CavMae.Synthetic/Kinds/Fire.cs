using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A fire whose sparks rise; it crackles.</summary>
internal sealed class Fire : EventKind
{
    public override string Name => "fire";

    public override float Hue => 20;

    public override Voice Voice { get; } = new()
    {
        HighestHz = 4000,
        DecaySeconds = 0.18f,
        NoiseDecibels = (-20, 20),
        NoiseRatio = 1,
        NoiseQuality = 2.5f,
        Irregularity = 1,
    };

    public override void Draw(Stage stage)
    {
        stage.Scatter(5, -0.5f, -0.4f);
        float lean = 0.15f * stage.Swing;
        stage.BeginObject();
        stage.Polygon(Tone.Body, -0.7f, 0.7f, -0.9f, 0, -0.6f, -0.5f, -0.35f, -0.1f, lean, -1.05f, 0.35f, -0.2f, 0.65f, -0.6f, 0.9f, 0, 0.7f, 0.7f);
        stage.Polygon(Tone.Part, -0.35f, 0.7f, -0.3f, 0.1f, lean, -0.3f, 0.3f, 0.1f, 0.35f, 0.7f);
        stage.Line(-0.9f, 0.9f, 0.9f, 0.75f, 0.2f, Tone.Part);
        stage.Line(-0.9f, 0.75f, 0.9f, 0.9f, 0.2f, Tone.Part);
        stage.EndObject();
    }
}
