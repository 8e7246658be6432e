using CavMae.Synthetic.Pictures;
using CavMae.Synthetic.Sound;

namespace CavMae.Synthetic.Kinds;

/// <summary>A guitar before its strings; it is plucked.</summary>
internal sealed class Guitar : EventKind
{
    private static readonly (float[] Ratios, float[] Levels) Spectrum = Sound.Voice.Harmonics(14, 0.8f);

    public override string Name => "guitar";

    public override float Hue => 25;

    public override Voice Voice { get; } = new()
    {
        Ratios = Spectrum.Ratios,
        Levels = Spectrum.Levels,
        HighestHz = 1000,
        DecaySeconds = 1.1f,
        Semitones = [0, 7, 12, 7],
    };

    public override void Draw(Stage stage)
    {
        stage.Bars(stage.Y - stage.Reach, stage.Y + stage.Reach);
        stage.BeginObject(-20 + (3 * stage.Swing));
        stage.Box(-0.12f, -1.2f, 0.12f, 0, Tone.Part);
        stage.Disc(0, -0.1f, 0.5f);
        stage.Disc(0, 0.5f, 0.68f);
        stage.Disc(0, 0.2f, 0.22f, Tone.Dark);
        stage.EndObject();
    }
}
