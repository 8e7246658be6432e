namespace CavMae.Training.Reporting;
public sealed record Curve(string Name, IReadOnlyList<(double X, double Y)> Points);
public sealed record CurvePanel(string Title, string XLabel, IReadOnlyList<Curve> Curves, bool LogarithmicY = false);
public static class CurvePlot { public static void Write(string path, string title, IReadOnlyList<CurvePanel> panels) { } }
