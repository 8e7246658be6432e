using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A sonar dish whose pings leave to both sides; a pure tone that rings.</summary>
internal sealed class Sonar : EventKind
{
    public override string Name => "sonar";

    public override float Hue => 160;

    public override Voice Voice { get; } = new()
    {
        HighestHz = 2800,
        Ratios = [1, 2, 3, 4],
        Levels = [1, 0.2f, 0.12f, 0.08f],
        DecaySeconds = 1.3f,
        AttackSeconds = 0.02f,
    };

    public override void Draw(Stage stage)
    {
        stage.Rings(-40, 80);
        stage.Rings(140, 80);
        stage.BeginObject();
        stage.Disc(0, 0, 1);
        stage.Disc(0, 0, 0.62f, Tone.Dark);
        stage.Slice(0, 0, 0.6f, 40 * stage.Beat, 70, Tone.Plain);
        stage.EndObject();
    }
}
