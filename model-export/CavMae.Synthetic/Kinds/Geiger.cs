using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A warning of radiation among counts; it ticks at random.</summary>
internal sealed class Geiger : EventKind
{
    public override string Name => "geiger";

    public override float Hue => 65;

    public override Voice Voice { get; } = new()
    {
        HighestHz = 5200,
        Ratios = [1, 1.4f],
        Levels = [1, 0.7f],
        DecaySeconds = 0.16f,
        NoiseDecibels = (-26, 14),
        NoiseRatio = 1,
        Irregularity = 1,
    };

    public override void Draw(Stage stage)
    {
        stage.Scatter(0, 0, 0.05f);
        stage.BeginObject(stage.Beat * 4);
        stage.Disc(0, 0, 1);
        for (int blade = 0; blade < 3; blade++)
            stage.Slice(0, 0, 0.85f, 120 * blade, 60, Tone.Dark);
        stage.Disc(0, 0, 0.2f, Tone.Plain);
        stage.EndObject();
    }
}
