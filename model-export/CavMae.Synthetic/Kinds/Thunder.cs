using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A cloud with lightning; it rolls.</summary>
internal sealed class Thunder : EventKind
{
    public override string Name => "thunder";

    public override float Hue => 240;

    public override Voice Voice { get; } = new()
    {
        HighestHz = 900,
        DecaySeconds = 1.4f,
        NoiseDecibels = (-16, 20),
        NoiseRatio = 1,
        NoiseQuality = 1.8f,
        Irregularity = 0.25f,
        Glide = u => 1.3f - (0.6f * u),
    };

    public override void Draw(Stage stage)
    {
        stage.Curve(stage.Y + (0.3f * stage.Radius), 34, Shapes.Bolt, 0, 3.5f);
        Shapes.Cloud(stage, 0);
        stage.BeginObject();
        stage.Polygon(Tone.Plain, 0.1f, 0.2f, 0.4f, 0.2f, 0.1f, 0.6f, 0.3f, 0.6f, -0.25f, 1.15f, -0.05f, 0.75f, -0.3f, 0.75f);
        stage.EndObject();
    }
}
