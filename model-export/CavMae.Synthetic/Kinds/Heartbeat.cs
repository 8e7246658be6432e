using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A heart on its cardiogram: lub-dub.</summary>
internal sealed class Heartbeat : EventKind
{
    public override string Name => "heartbeat";

    public override float Hue => 350;

    public override Voice Voice { get; } = new()
    {
        HighestHz = 640,
        Octaves = 2.6f,
        Ratios = [1, 2, 3],
        Levels = [1, 0.5f, 0.3f],
        DecaySeconds = 0.2f,
        Accents = [0, -4],
        Delays = [0, -0.5f],
        Semitones = [0, 3],
        NoiseDecibels = (-30, 2),
        Glide = u => 1.2f - (0.2f * u),
    };

    public override void Draw(Stage stage)
    {
        stage.Curve(stage.Y, 36, Shapes.Cardiogram, 0.5f);
        stage.BeginObject(0, 0, -0.05f * stage.Strike);
        stage.Disc(-0.45f, -0.35f, 0.52f);
        stage.Disc(0.45f, -0.35f, 0.52f);
        stage.Polygon(Tone.Body, -0.93f, -0.15f, 0, -0.5f, 0.93f, -0.15f, 0, 1);
        stage.EndObject();
    }
}
