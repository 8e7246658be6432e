using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A cloud and rain: the faster, the denser.</summary>
internal sealed class Rain : EventKind
{
    public override string Name => "rain";

    public override float Hue => 210;

    public override Voice Voice { get; } = new()
    {
        HighestHz = 3600,
        DecaySeconds = 0.26f,
        NoiseDecibels = (-24, 16),
        NoiseRatio = 1,
        NoiseQuality = 2.5f,
        Irregularity = 0.7f,
    };

    public override void Draw(Stage stage)
    {
        stage.Scatter(16, 0.25f, 0.6f);
        Shapes.Cloud(stage, 0.04f * stage.Swing);
    }
}
