using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A bell that swings; waves run out in circles.</summary>
internal sealed class Bell : EventKind
{
    public override string Name => "bell";

    public override float Hue => 50;

    public override Voice Voice { get; } = new()
    {
        HighestHz = 2200,
        Ratios = [0.5f, 1, 1.2f, 1.5f, 2, 2.67f, 4.07f, 5.4f],
        Levels = [0.5f, 1, 0.6f, 0.4f, 0.6f, 0.3f, 0.25f, 0.2f],
        DecaySeconds = 1.4f,
    };

    public override void Draw(Stage stage)
    {
        stage.Rings();
        stage.BeginObject(18 * stage.Swing);
        stage.Polygon(Tone.Body, -0.3f, -0.9f, 0.3f, -0.9f, 0.55f, -0.3f, 0.65f, 0.3f, 1, 0.65f, -1, 0.65f, -0.65f, 0.3f, -0.55f, -0.3f);
        stage.Disc(0.3f * stage.Swing, 0.78f, 0.2f, Tone.Part);
        stage.EndObject();
    }
}
