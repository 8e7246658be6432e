using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A drop over its ripples; the sound jumps up.</summary>
internal sealed class Drops : EventKind
{
    public override string Name => "drops";

    public override float Hue => 200;

    public override Voice Voice { get; } = new()
    {
        HighestHz = 2600,
        Ratios = [1, 2, 3, 4],
        Levels = [1, 0.2f, 0.12f, 0.08f],
        DecaySeconds = 0.22f,
        Glide = u => 0.6f + (1.2f * u),
    };

    public override void Draw(Stage stage)
    {
        stage.Rings(0, 360, 0.35f);
        stage.BeginObject(0, 0, 0.1f * stage.Swing);
        stage.Disc(0, 0.3f, 0.7f);
        stage.Polygon(Tone.Body, 0, -1.05f, 0.62f, 0, -0.62f, 0);
        stage.Arc(0, 0.3f, 0.45f, 0.45f, 100, 70, 0.1f, Tone.Dark);
        stage.EndObject();
    }
}
