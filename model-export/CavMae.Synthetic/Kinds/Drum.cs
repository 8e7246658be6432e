using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A drum and its stick; waves rise from the skin.</summary>
internal sealed class Drum : EventKind
{
    public override string Name => "drum";

    public override float Hue => 5;

    public override Voice Voice { get; } = new()
    {
        HighestHz = 800,
        Ratios = [1, 1.59f, 2.14f, 2.3f, 2.65f],
        Levels = [1, 0.6f, 0.5f, 0.3f, 0.3f],
        DecaySeconds = 0.4f,
        NoiseDecibels = (-26, 4),
        Glide = u => 1.25f - (0.25f * MathF.Min(1, 4 * u)),
    };

    public override void Draw(Stage stage)
    {
        stage.Rings(200, 140);
        stage.BeginObject();
        stage.Box(-0.95f, -0.4f, 0.95f, 0.9f);
        stage.Oval(0, -0.4f, 0.95f, 0.3f, Tone.Part);
        stage.Line(0.1f, -0.5f, 0.9f, -1.1f - (0.2f * (1 - stage.Strike)), 0.14f);
        stage.EndObject();
    }
}
