using CavMae.Training.Engine;

namespace CavMae.Training.Reporting;

/// <summary>The picture of a run: losses by step, recall by epoch.</summary>
internal static class TrainingCurves
{
    private static readonly int[] Places = [1, 5, 10];

    public static void Write(string path, CsvLog steps, CsvLog epochs) => CurvePlot.Write(path, "TRAINING",
    [
        new CurvePanel("RECONSTRUCTION LOSS", "STEP", [new Curve("AUDIO", steps.Curve("mae_a")), new Curve("VISUAL", steps.Curve("mae_v"))]),
        new CurvePanel("CONTRASTIVE LOSS", "STEP", [new Curve("LOSS", steps.Curve("contrastive"))]),
        new CurvePanel("RECALL, SOUND TO PICTURES", "EPOCH", Recalls(epochs, "audio_to_visual")),
        new CurvePanel("RECALL, PICTURES TO SOUND", "EPOCH", Recalls(epochs, "visual_to_audio")),
    ]);

    private static IReadOnlyList<Curve> Recalls(CsvLog epochs, string direction) =>
        [.. Places.Select(places => new Curve($"R@{places}", epochs.Curve($"{direction}_r{places}")))];
}
