using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A clock that ticks and tocks, with as many ticks around it as it is fast.</summary>
internal sealed class Clock : EventKind
{
    public override string Name => "clock";

    public override float Hue => 45;

    public override Voice Voice { get; } = new()
    {
        HighestHz = 3000,
        Ratios = [1, 2.4f, 3.9f],
        Levels = [1, 0.6f, 0.4f],
        DecaySeconds = 0.18f,
        NoiseDecibels = (-30, 10),
        Semitones = [0, -5],
    };

    public override void Draw(Stage stage)
    {
        stage.Rays((1.12f * stage.Radius) + 3, (1.12f * stage.Radius) + 26, 0.02f);
        stage.BeginObject();
        stage.Disc(0, 0, 1);
        stage.Disc(0, 0, 0.12f, Tone.Dark);
        stage.Line(0, 0, 0, -0.8f, 0.14f, Tone.Dark);
        stage.Line(0, 0, 0.5f * MathF.Sin(stage.Beat), -0.5f * MathF.Cos(stage.Beat), 0.18f, Tone.Dark);
        stage.EndObject();
    }
}
